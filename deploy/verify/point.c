#include "deploy/verify/point.h"

#include <stdlib.h>
#include <string.h>

#include "lib/grow.h"
#include "lib/log.h"

enum { PRINTED_SIZE = 4096 };	/* four characters for each byte, at most */

static void
add(struct points *l, enum point_result result, const char *const texts[5])
{
	struct point *p;

	if (l->n == POINTS_MAX || !grow(&l->v, sizeof *l->v, l->n, &l->cap)) {
		l->lost++;
		return;
	}
	p = &l->v[l->n++];
	p->result = result;
	snprintf(p->id, sizeof p->id, "%s", texts[0]);
	snprintf(p->subject, sizeof p->subject, "%s", texts[1]);
	snprintf(p->seen, sizeof p->seen, "%s", texts[2]);
	snprintf(p->wanted, sizeof p->wanted, "%s", texts[3]);
	snprintf(p->mend, sizeof p->mend, "%s", texts[4]);
}

void
point_pass(struct points *l, const char *id, const char *subject, const char *seen)
{
	add(l, POINT_PASS, (const char *const[]){ id, subject, seen, "", "" });
}

void
point_fail(struct points *l, const char *id, const char *subject, const char *seen, const char *wanted, const char *mend)
{
	add(l, POINT_FAIL, (const char *const[]){ id, subject, seen, wanted, mend });
}

void
point_skip(struct points *l, const char *id, const char *subject, const char *why)
{
	add(l, POINT_SKIP, (const char *const[]){ id, subject, why, "", "" });
}

void
point_add(struct points *l, bool passed, const char *id, const char *subject, const char *seen, const char *wanted,
    const char *mend)
{
	if (passed)
		point_pass(l, id, subject, seen);
	else
		point_fail(l, id, subject, seen, wanted, mend);
}

size_t
points_count(const struct points *l, enum point_result result)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		n += l->v[i].result == result;
	return n;
}

/* "LABEL TEXT" on the same line, where there is any. */
static void
put(FILE *to, const char *label, const char *text)
{
	char printed[PRINTED_SIZE];

	if (text[0] == '\0')
		return;
	log_escape(LOG_STYLE_PLAIN, text, strlen(text), printed, sizeof printed);
	fprintf(to, "%s%s", label, printed);
}

void
points_print(const struct points *l, FILE *to)
{
	static const char *const words[] = { [POINT_PASS] = "pass", [POINT_FAIL] = "FAIL", [POINT_SKIP] = "not checked" };

	for (size_t i = 0; i < l->n; i++) {
		const struct point *p = &l->v[i];

		fprintf(to, "%s", words[p->result]);
		put(to, "  ", p->id);
		put(to, "  ", p->subject);
		put(to, ": ", p->seen);
		put(to, "; wanted: ", p->wanted);
		put(to, "; ", p->mend);
		fputc('\n', to);
	}
	fprintf(to, "%zu passed, %zu failed, %zu not checked\n", points_count(l, POINT_PASS), points_count(l, POINT_FAIL),
	    points_count(l, POINT_SKIP));
	if (l->lost > 0)
		fprintf(to, "%zu more were not kept\n", l->lost);
}

/* No byte beyond ASCII's printable ones is left by the first, and the second adds one to each at most. */
static void
put_json(FILE *to, const char *name, const char *text, const char *behind)
{
	char plain[PRINTED_SIZE], printed[2 * PRINTED_SIZE];

	log_escape(LOG_STYLE_PLAIN, text, strlen(text), plain, sizeof plain);
	fprintf(to, "\"%s\": \"%s\"%s", name, log_json(plain, printed, sizeof printed), behind);
}

void
points_print_json(const struct points *l, FILE *to)
{
	static const char *const words[] = { [POINT_PASS] = "pass", [POINT_FAIL] = "fail", [POINT_SKIP] = "not checked" };

	fprintf(to, "{\"passed\": %zu, \"failed\": %zu, \"not_checked\": %zu, \"lost\": %zu, \"points\": [", points_count(l, POINT_PASS),
	    points_count(l, POINT_FAIL), points_count(l, POINT_SKIP), l->lost);
	for (size_t i = 0; i < l->n; i++) {
		const struct point *p = &l->v[i];

		fprintf(to, "%s\n  {", i == 0 ? "" : ",");
		put_json(to, "id", p->id, ", ");
		put_json(to, "subject", p->subject, ", ");
		put_json(to, "result", words[p->result], ", ");
		put_json(to, "seen", p->seen, ", ");
		put_json(to, "wanted", p->wanted, ", ");
		put_json(to, "mend", p->mend, "}");
	}
	fprintf(to, "\n]}\n");
}

void
points_done(struct points *l)
{
	free(l->v);
	*l = (struct points)POINTS_INIT;
}
