#include "deploy/status/sessions.h"

#include <string.h>

#include "deploy/flat.h"
#include "lib/err.h"

#define TEXT(f) FLAT_TEXT(struct status_session, #f, f)
#define NUMBER(f) FLAT_NUMBER(struct status_session, #f, f)
static const struct flat_member members[] = {
	NUMBER(pid), NUMBER(seconds), NUMBER(received), NUMBER(sent), NUMBER(files),
	TEXT(module), TEXT(user), TEXT(address), TEXT(direction), TEXT(state),
};

/* What is behind these bytes and blanks; NULL: it does not begin with them. */
static const char *
behind(const char *text, char c)
{
	text += strspn(text, " \n");
	return *text == c ? text + 1 + strspn(text + 1, " \n") : NULL;
}

static int
parse(const char *text, struct status_sessions *ret)
{
	const char *at = behind(text, '['), *end;
	struct status_session one;

	if (at == NULL)
		return E_FORMAT;
	if ((end = behind(at, ']')) != NULL)
		return *end == '\0' ? 0 : E_FORMAT;
	for (;; at++) {
		one = (struct status_session){ .rate = -1 };
		if (flat_object(&at, members, ARRAY_LEN(members), &one) != 0)
			return E_FORMAT;
		if (ret->n < ARRAY_LEN(ret->v))
			ret->v[ret->n++] = one;
		if (*at != ',')
			break;
	}
	return (end = behind(at, ']')) != NULL && *end == '\0' ? 0 : E_FORMAT;
}

int
sessions_parse(const char *text, struct status_sessions *ret)
{
	int r;

	ret->n = 0;
	if ((r = parse(text, ret)) != 0)
		ret->n = 0;
	return r;
}

static bool
is_same(const struct status_session *a, const struct status_session *b)
{
	return a->pid == b->pid && strcmp(a->module, b->module) == 0 && strcmp(a->address, b->address) == 0;
}

/* a + b, where both are a stranger's word. */
static int64_t
sum(int64_t a, int64_t b)
{
	return a < 0 || b < 0 ? 0 : a > INT64_MAX - b ? INT64_MAX : a + b;
}

void
sessions_rates(struct status_sessions *now, const struct status_sessions *before)
{
	const int64_t ms = now->at - before->at;

	for (size_t i = 0; i < now->n && ms > 0; i++)
		for (size_t k = 0; k < before->n; k++) {
			struct status_session *s = &now->v[i];
			const int64_t then = sum(before->v[k].received, before->v[k].sent), moved = sum(s->received, s->sent);

			if (!is_same(s, &before->v[k]) || moved < then)
				continue;
			s->rate = moved - then > INT64_MAX / 1000 ? INT64_MAX / ms : (moved - then) * 1000 / ms;
			break;
		}
}
