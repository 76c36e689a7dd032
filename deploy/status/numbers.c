#include "deploy/status/numbers.h"

#include <stdio.h>
#include <string.h>

#include "lib/err.h"

enum { LABELS_MAX = 4, FAMILY_SIZE = 80 };

struct label {
	char name[32], value[STATUS_NAME_SIZE];
};
struct sample {
	char family[FAMILY_SIZE];
	struct label labels[LABELS_MAX];
	size_t n;
	int64_t value;
};

/* --- one line: family{label="value",...} number --------------------------------------------- */

/* A word of these bytes into dst; NULL where there is none, or it is too long. */
static const char *
take_word(const char *at, char *dst, size_t size)
{
	size_t n = strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:");

	if (n == 0 || n >= size)
		return NULL;
	memcpy(dst, at, n);
	dst[n] = '\0';
	return at + n;
}

/* Behind the first quote; what does not fit is left out. */
static const char *
take_value(const char *at, char *dst, size_t size)
{
	size_t n = 0;

	for (; *at != '"'; at++) {
		char c = *at;

		if (c == '\\') {
			c = *++at;
			c = c == 'n' ? '\n' : c;
		}
		if (*at == '\0' || *at == '\n')
			return NULL;
		if (n + 1 < size)
			dst[n++] = c;
	}
	dst[n] = '\0';
	return at + 1;
}

static const char *
take_labels(const char *at, struct sample *s)
{
	while (*at != '}') {
		struct label *l = &s->labels[s->n];

		if (s->n == LABELS_MAX || (at = take_word(at, l->name, sizeof l->name)) == NULL || strncmp(at, "=\"", 2) != 0 ||
		    (at = take_value(at + 2, l->value, sizeof l->value)) == NULL)
			return NULL;
		s->n++;
		if (*at == ',')
			at++;
		else if (*at != '}')
			return NULL;
	}
	return at + 1;
}

/* Whole numbers, as all counts are; more than that counts as the most. */
static const char *
take_number(const char *at, int64_t *ret)
{
	const char *first = at;

	*ret = 0;
	for (; *at >= '0' && *at <= '9'; at++)
		*ret = *ret > (INT64_MAX - 9) / 10 ? INT64_MAX : *ret * 10 + (*at - '0');
	return at == first ? NULL : at;
}

static bool
read_sample(const char *at, struct sample *ret)
{
	ret->n = 0;
	if ((at = take_word(at, ret->family, sizeof ret->family)) == NULL)
		return false;
	if (*at == '{' && (at = take_labels(at + 1, ret)) == NULL)
		return false;
	if (*at++ != ' ' || (at = take_number(at, &ret->value)) == NULL)
		return false;
	return *at == '\n' || *at == '\0';
}

/* "" where there is no such label. */
static const char *
label(const struct sample *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->labels[i].name, name) == 0)
			return s->labels[i].value;
	return "";
}

/* --- what is made of it ------------------------------------------------------------------------ */

static void
add(int64_t *to, int64_t n)
{
	*to = *to > INT64_MAX - n ? INT64_MAX : *to + n;
}

/* The section of that name, made where there is none; those beyond the bound are told together in the last one. */
static struct status_section *
section(struct status_numbers *l, const char *name)
{
	for (size_t i = 0; i < l->n_sections; i++)
		if (strcmp(l->sections[i].name, name) == 0)
			return &l->sections[i];
	if (l->n_sections == ARRAY_LEN(l->sections))
		return &l->sections[l->n_sections - 1];
	snprintf(l->sections[l->n_sections].name, sizeof l->sections->name, "%s", name);
	return &l->sections[l->n_sections++];
}

static void
add_reason(struct status_numbers *l, const char *name, int64_t n)
{
	size_t i = 0;

	while (i < l->n_reasons && strcmp(l->reasons[i].name, name) != 0)
		i++;
	if (n == 0 || name[0] == '\0' || i == ARRAY_LEN(l->reasons))
		return;
	if (i == l->n_reasons)
		snprintf(l->reasons[l->n_reasons++].name, sizeof l->reasons->name, "%s", name);
	add(&l->reasons[i].n, n);
}

static void
accepted(struct status_numbers *l, const struct sample *s)
{
	struct status_section *to = section(l, label(s, "service"));

	add(&to->total, s->value);
	add(&to->now, s->value);
}

/* Closed and reset ones were accepted; the others were not. */
static void
over(struct status_numbers *l, const struct sample *s)
{
	struct status_section *to = section(l, label(s, "service"));
	const char *result = label(s, "result");

	if (strncmp(result, "refused", 7) == 0)
		add_reason(l, result, s->value);
	else
		to->now = s->value > to->now ? 0 : to->now - s->value;
}

static void
handshake_failed(struct status_numbers *l, const struct sample *s)
{
	char reason[sizeof l->reasons->name];

	add(&section(l, label(s, "service"))->failed, s->value);
	snprintf(reason, sizeof reason, "handshake_%.40s", label(s, "reason"));
	add_reason(l, reason, s->value);
}

static void
session_over(struct status_numbers *l, const struct sample *s)
{
	struct status_section *to = section(l, label(s, "module"));

	add(&to->total, s->value);
	if (strcmp(label(s, "result"), "failed") == 0)
		add(&to->failed, s->value);
}

static void
session_runs(struct status_numbers *l, const struct sample *s)
{
	struct status_section *to = section(l, label(s, "module"));

	add(&to->now, s->value);
	add(&to->total, s->value);
}

static void
refused(struct status_numbers *l, const struct sample *s)
{
	add_reason(l, label(s, "reason"), s->value);
}

static void
logged_in(struct status_numbers *l, const struct sample *s)
{
	if (strcmp(label(s, "result"), "failed") == 0)
		add_reason(l, "login", s->value);
}

static void
connected(struct status_numbers *l, const struct sample *s)
{
	add(&l->connections, s->value);
}

static const struct family {
	const char *name;
	void (*take)(struct status_numbers *l, const struct sample *s);
	enum numbers_of of;
} families[] = {
	{ "sallyport_tunnel_connections_accepted_total", accepted, NUMBERS_DOOR },
	{ "sallyport_tunnel_connections_total", over, NUMBERS_DOOR },
	{ "sallyport_tunnel_handshake_failures_total", handshake_failed, NUMBERS_DOOR },
	{ "sallyport_tunnel_connections_active", connected, NUMBERS_DOOR },
	{ "sallyport_syncd_sessions_total", session_over, NUMBERS_DAEMON },
	{ "sallyport_syncd_sessions_active", session_runs, NUMBERS_DAEMON },
	{ "sallyport_syncd_refusals_total", refused, NUMBERS_DAEMON },
	{ "sallyport_syncd_logins_total", logged_in, NUMBERS_DAEMON },
	{ "sallyport_syncd_connections_waiting", connected, NUMBERS_DAEMON },
	{ "sallyport_syncd_connections_served", connected, NUMBERS_DAEMON },
};

int
numbers_parse(const char *text, enum numbers_of of, struct status_numbers *ret)
{
	struct sample s;
	bool any = false;

	for (const char *line = text; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n') {
		if (!read_sample(line, &s))
			continue;
		for (size_t i = 0; i < ARRAY_LEN(families); i++)
			if (families[i].of == of && strcmp(families[i].name, s.family) == 0) {
				families[i].take(ret, &s);
				any = true;
			}
	}
	return any ? 0 : E_FORMAT;
}
