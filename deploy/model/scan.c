#include "deploy/model/scan.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/err.h"

struct scan {
	struct where at;
	const char *p, *end;
	struct faults *l;
	void (*include)(void *arg, const char *name, struct where at);
	void *arg;
	char last;		/* the last character but for blanks and comments; 'x' for a word, '\0' at first */
	int depth;
};

static char
peek(const struct scan *s, size_t ahead)
{
	return (size_t)(s->end - s->p) > ahead ? s->p[ahead] : '\0';
}

static char
take(struct scan *s)
{
	char c = *s->p++;

	if (c == '\n')
		s->at.line++;
	return c;
}

static void
line_comment(struct scan *s)
{
	while (s->p < s->end && *s->p != '\n')
		s->p++;
}

static void
long_comment(struct scan *s)
{
	struct where begin = s->at;

	for (s->p += 2; s->p < s->end; take(s))
		if (peek(s, 0) == '*' && peek(s, 1) == '/') {
			s->p += 2;
			return;
		}
	fault_add(s->l, begin, "a comment begins here and never ends; write */ behind it");
}

/* dst, when there is one, gets the text as it stands. */
static void
string(struct scan *s, char *dst, size_t size)
{
	struct where begin = s->at;
	size_t n = 0;
	char c;

	for (s->p++; s->p < s->end && *s->p != '\n'; ) {
		if ((c = take(s)) == '"') {
			if (dst != NULL)
				dst[n] = '\0';
			return;
		}
		if (c == '\\' && peek(s, 0) == 'x' && peek(s, 1) == '0' && peek(s, 2) == '0')
			fault_add(s->l, s->at, "\\x00 in a text would cut it; take it out");
		if (c == '\\' && s->p < s->end && *s->p != '\n')
			c = take(s);
		if (dst != NULL && n + 1 < size)
			dst[n++] = c;
	}
	if (dst != NULL)
		dst[0] = '\0';
	fault_add(s->l, begin, "a text begins here and its line ends before it; close it with \"");
}

static int
is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '*';
}

/* Does a decimal or hexadecimal integer go beyond 32 bits?  libconfig would cut it to those. */
static int
wraps(const char *digits, size_t n)
{
	unsigned base = n > 2 && digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X') ? 16 : 10;
	uint64_t v = 0;

	for (size_t i = base == 16 ? 2 : 0; i < n && digits[i] != 'L'; i++) {
		int c = tolower((unsigned char)digits[i]);
		unsigned d = isdigit(c) ? (unsigned)(c - '0') : isxdigit(c) ? (unsigned)(c - 'a' + 10) : 16;

		if (d >= base)
			return 0;	/* no integer: the parser's to refuse */
		if ((v = v * base + d) > INT32_MAX)
			return 1;
	}
	return 0;
}

static void
number(struct scan *s)
{
	const char *begin = s->p;

	while (s->p < s->end && (isalnum((unsigned char)*s->p) || *s->p == '.'))
		s->p++;
	if (wraps(begin, (size_t)(s->p - begin)))
		fault_add(s->l, s->at,
		    "%.*s is too large a number, and would be read as another one; the largest is 2147483647",
		    s->p - begin > 40 ? 40 : (int)(s->p - begin), begin);
	s->last = 'x';
}

static void
word(struct scan *s)
{
	const char *begin = s->p;
	size_t n;

	while (s->p < s->end && is_word(*s->p))
		s->p++;
	n = (size_t)(s->p - begin);
	/* behind a comma between settings, and at the begin of a list's group, comes a key */
	if (s->last != '\0' && strchr("=:[(", s->last) != NULL && !(n == 4 && strncasecmp(begin, "true", 4) == 0) &&
	    !(n == 5 && strncasecmp(begin, "false", 5) == 0))
		fault_add(s->l, s->at,
		    "%.*s is no value: yes and no are written true and false, and texts stand in quotes",
		    n > 40 ? 40 : (int)n, begin);
	s->last = 'x';
}

static void
bracket(struct scan *s, char c)
{
	if (strchr("([{", c) != NULL) {
		if (++s->depth == SCAN_DEPTH_MAX)
			fault_add(s->l, s->at, "brackets are nested too deep");
	} else {
		s->depth--;
		if (s->last == ',' && c != '}')
			fault_add(s->l, s->at, "there is a comma before the end of this list; take it out");
	}
}

static void
include_line(struct scan *s)
{
	struct where at = s->at;
	char name[256];

	s->p += strlen("@include");
	while (peek(s, 0) == ' ' || peek(s, 0) == '\t')
		s->p++;
	if (peek(s, 0) != '"')
		return;		/* the parser's to refuse */
	string(s, name, sizeof name);
	s->include(s->arg, name, at);
}

static void
step(struct scan *s)
{
	char c = *s->p;

	if (c == '#' || (c == '/' && peek(s, 1) == '/'))
		line_comment(s);
	else if (c == '/' && peek(s, 1) == '*')
		long_comment(s);
	else if (c == '"')
		string(s, NULL, 0), s->last = '"';
	else if (c == '@' && (size_t)(s->end - s->p) > 8 && strncmp(s->p, "@include", 8) == 0)
		include_line(s);
	else if (isdigit((unsigned char)c))
		number(s);
	else if (is_word(c) && c != '-')
		word(s);
	else if (c == '\0')
		fault_add(s->l, s->at, "there is a NUL character here; take it out"), s->p = s->end;
	else {
		if (c != '\0' && strchr("()[]{}", c) != NULL)
			bracket(s, c);
		if (!isspace((unsigned char)c))
			s->last = c;
		take(s);
	}
}

void
scan_text(const char *path, const char *text, size_t n, struct faults *l,
    void (*include)(void *arg, const char *name, struct where at), void *arg)
{
	struct scan s = { .at = { path, 1 }, .p = text, .end = text + n, .l = l, .include = include, .arg = arg };

	if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		fault_add(l, s.at, "the file begins with a byte order mark; save it without one");
		s.p += 3;
	}
	while (s.p < s.end)
		step(&s);
}
