#include "deploy/why/point.h"

#include <stdarg.h>

#include "deploy/shown.h"
#include "lib/err.h"
#include "lib/log.h"

enum { SHOWN_SIZE = 5 * WHY_TEXT_SIZE + 1 };

static const char *const words[] = { [WHY_LETS] = "lets", [WHY_REFUSES] = "refuses", [WHY_ASKS] = "asks", [WHY_DEPENDS] = "depends" };

void
why_add(struct why_points *l, const char *by, enum why_verdict verdict, const char *file, unsigned line, const char *fmt, ...)
{
	struct why_point *p;
	va_list ap;

	if (l->n == ARRAY_LEN(l->v))
		return;
	p = &l->v[l->n++];
	*p = (struct why_point){ .by = by, .verdict = verdict, .line = file == NULL ? 0 : line };
	snprintf(p->file, sizeof p->file, "%s", file == NULL ? "" : file);
	va_start(ap, fmt);
	vsnprintf(p->text, sizeof p->text, fmt, ap);
	va_end(ap);
}

bool
why_gets(const struct why_points *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].verdict == WHY_REFUSES || l->v[i].verdict == WHY_ASKS)
			return false;
	return l->n > 0 && l->n < ARRAY_LEN(l->v);
}

void
why_print(const struct why_points *l, FILE *to)
{
	char text[SHOWN_SIZE], file[SHOWN_SIZE];

	for (size_t i = 0; i < l->n; i++) {
		const struct why_point *p = &l->v[i];

		fprintf(to, "%-9s %-8s %s", p->by, words[p->verdict], shown_text(p->text, text));
		if (p->file[0] != '\0')
			fprintf(to, "   %s", shown_text(p->file, file));
		if (p->line > 0)
			fprintf(to, ":%u", p->line);
		fputc('\n', to);
	}
	fprintf(to, "%s\n", why_gets(l) ? "gets it" : "refused");
}

void
why_print_json(const struct why_points *l, FILE *to)
{
	char plain[SHOWN_SIZE], text[2 * SHOWN_SIZE + 8], file[2 * SHOWN_SIZE + 8];

	fprintf(to, "{\"gets\": %s, \"points\": [", why_gets(l) ? "true" : "false");
	for (size_t i = 0; i < l->n; i++) {
		const struct why_point *p = &l->v[i];

		log_json(shown_text(p->text, plain), text, sizeof text);
		log_json(shown_text(p->file, plain), file, sizeof file);
		fprintf(to, "%s\n  {\"by\": \"%s\", \"verdict\": \"%s\", \"text\": \"%s\", \"file\": \"%s\", \"line\": %u}", i > 0 ? "," : "", p->by,
		    words[p->verdict], text, file, p->line);
	}
	fprintf(to, "\n]}\n");
}
