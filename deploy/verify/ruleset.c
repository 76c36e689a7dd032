#include "deploy/verify/ruleset.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { LINE_SIZE = 256 };

/* One line of a listing: the text behind its blanks. */
struct line {
	const char *text;
	size_t n;
};

static bool
next(const char **at, struct line *l)
{
	size_t n = strcspn(*at, "\n"), blank;

	if (**at == '\0')
		return false;
	blank = strspn(*at, " \t");
	blank = blank < n ? blank : n;
	*l = (struct line){ *at + blank, n - blank };
	while (l->n > 0 && (l->text[l->n - 1] == ' ' || l->text[l->n - 1] == '\r'))
		l->n--;
	*at += n + ((*at)[n] == '\n');
	return true;
}

static bool
begins(const struct line *l, const char *with)
{
	return l->n >= strlen(with) && strncmp(l->text, with, strlen(with)) == 0;
}

static bool
has(const struct line *l, const char *part)
{
	size_t n = strlen(part);

	for (size_t i = 0; i + n <= l->n; i++)
		if (strncmp(l->text + i, part, n) == 0)
			return true;
	return false;
}

static bool
is_heading(const struct line *l, const char *family, const char *name)
{
	char text[LINE_SIZE];

	snprintf(text, sizeof text, "table %s %s {", family, name);
	return l->n == strlen(text) && begins(l, text);
}

/* Depth of brackets behind a line. */
static int
deeper(const struct line *l)
{
	int depth = 0;
	bool quoted = false;

	for (size_t i = 0; i < l->n; i++) {
		quoted ^= l->text[i] == '"';
		depth += quoted ? 0 : (l->text[i] == '{') - (l->text[i] == '}');
	}
	return depth;
}

bool
ruleset_table(const char *listed, const char *name, struct buf *ret)
{
	bool in = false, dynamic = false, elements = false;
	int depth = 0;
	struct line l;

	while (next(&listed, &l)) {
		if (!in && (depth != 0 || !is_heading(&l, "inet", name))) {
			depth += deeper(&l);
			continue;
		}
		in = true;
		depth += deeper(&l);
		dynamic = begins(&l, "set ") ? false : dynamic || (begins(&l, "flags ") && has(&l, "dynamic"));
		if (dynamic && begins(&l, "elements = {"))
			elements = true;
		if (!elements && l.n > 0 && !begins(&l, "packets ")) {
			buf_put(ret, l.text, l.n);
			buf_u8(ret, '\n');
		}
		if (elements && l.n > 0 && l.text[l.n - 1] == '}')
			elements = false;
		if (depth == 0)
			return true;
	}
	return false;
}

bool
ruleset_differs(const char *wanted, const char *seen, char missing[256], char extra[256])
{
	struct line w = { "", 0 }, s = { "", 0 };
	bool more, other;

	do {
		more = next(&wanted, &w);
		other = next(&seen, &s);
		if (!more)
			w = (struct line){ "", 0 };
		if (!other)
			s = (struct line){ "", 0 };
	} while (more && other && w.n == s.n && strncmp(w.text, s.text, w.n) == 0);
	snprintf(missing, LINE_SIZE, "%.*s", (int)w.n, w.text);
	snprintf(extra, LINE_SIZE, "%.*s", (int)s.n, s.text);
	return more || other;
}

/* Does the line name the port, as a number of its own? */
static bool
names_port(const struct line *l, uint16_t port)
{
	char text[8];
	size_t n = (size_t)snprintf(text, sizeof text, "%u", port);

	for (size_t i = 0; i + n <= l->n; i++)
		if (strncmp(l->text + i, text, n) == 0 && (i == 0 || !isalnum((unsigned char)l->text[i - 1])) && (i + n == l->n ||
		    !isalnum((unsigned char)l->text[i + n])))
			return true;
	return false;
}

static bool
leads_on(const struct line *l)
{
	return has(l, "accept") || has(l, "redirect") || has(l, "dnat ") || has(l, "ACCEPT") || has(l, "REDIRECT") || has(l, "DNAT");
}

bool
ruleset_other(const char *listed, const char *own, uint16_t port, char dst[256])
{
	char table[LINE_SIZE] = "";
	bool ours = false;
	struct line l;

	while (next(&listed, &l)) {
		if (begins(&l, "table ") && l.n > 0 && l.text[l.n - 1] == '{') {
			ours = is_heading(&l, "inet", own);
			snprintf(table, sizeof table, "%.*s", (int)(l.n - 2), l.text);
		} else if (!ours && has(&l, "dport") && names_port(&l, port) && leads_on(&l)) {
			snprintf(dst, LINE_SIZE, "%.100s: %.*s", table, (int)(l.n < 140 ? l.n : 140), l.text);
			return true;
		}
	}
	return false;
}

bool
ruleset_closes(const char *listed, const char *own, uint16_t port, char dst[256])
{
	bool ours = false, dropping = false, named = false;
	char table[LINE_SIZE] = "";
	struct line l;

	while (next(&listed, &l)) {
		if (begins(&l, "table ")) {
			ours = is_heading(&l, "inet", own);
			dropping = named = false;
			snprintf(table, sizeof table, "%.*s", (int)(l.n > 2 ? l.n - 2 : 0), l.text);
		}
		dropping |= !ours && has(&l, "hook input") && has(&l, "policy drop");
		named |= has(&l, "dport") && names_port(&l, port) && has(&l, "accept");
		if (dropping && !named && l.n == 1 && l.text[0] == '}' && (*listed == '\0' || *listed == 't')) {
			snprintf(dst, LINE_SIZE, "%.200s has an input chain with policy drop", table);
			return true;
		}
	}
	return false;
}

void
ruleset_iptables(const char *saved, struct buf *ret)
{
	struct line l;

	while (next(&saved, &l)) {
		const char *counters = begins(&l, ":") ? memchr(l.text, '[', l.n) : NULL;

		if (!begins(&l, ":SALLYPORT-") && !begins(&l, "-A SALLYPORT-"))
			continue;
		buf_put(ret, l.text, counters == NULL ? l.n : (size_t)(counters - l.text));
		buf_u8(ret, '\n');
	}
}
