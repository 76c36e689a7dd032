#include "syncd/policy/wild.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

bool
wild_has_magic(const char *pattern)
{
	return strpbrk(pattern, "*?[") != NULL;
}

/* [:name:] at *p (behind "[:"); moves *p behind it.  -1: no such class. */
static int
named_class(const char **p, unsigned char c)
{
	static const struct { const char *name; int (*test)(int); } classes[] = {
		{ "alnum", isalnum }, { "alpha", isalpha }, { "blank", isblank }, { "cntrl", iscntrl }, { "digit", isdigit },
		{ "graph", isgraph }, { "lower", islower }, { "print", isprint }, { "punct", ispunct }, { "space", isspace },
		{ "upper", isupper }, { "xdigit", isxdigit },
	};
	const char *end = strstr(*p, ":]");

	for (size_t i = 0; end != NULL && i < sizeof classes / sizeof classes[0]; i++)
		if (strlen(classes[i].name) == (size_t)(end - *p) && memcmp(classes[i].name, *p, (size_t)(end - *p)) == 0) {
			*p = end + 2;
			return c < 0x80 && classes[i].test(c) != 0;
		}
	return -1;
}

/* One character of a set, backslash resolved; 0 at the end of the pattern. */
static unsigned char
set_char(const char **p)
{
	if (**p == '\\' && (*p)[1] != '\0')
		++*p;
	return **p == '\0' ? 0 : (unsigned char)*(*p)++;
}

/* "[...]" with *p behind the '['.  1, 0, or -1 for a set that does not end. */
static int
set_matches(const char **p, unsigned char c)
{
	bool negate = **p == '!' || **p == '^', hit = false, first = true;
	unsigned char lo, hi;
	int r;

	*p += negate;
	for (; **p != ']' || first; first = false) {
		if (**p == '\0')
			return -1;
		if (**p == '[' && (*p)[1] == ':') {
			*p += 2;
			if ((r = named_class(p, c)) < 0)
				return -1;
			hit = hit || r;
			continue;
		}
		if ((lo = hi = set_char(p)) == 0)
			return -1;
		if (**p == '-' && (*p)[1] != ']' && (*p)[1] != '\0') {
			++*p;
			hi = set_char(p);
		}
		hit = hit || (c >= lo && c <= hi);
	}
	++*p;
	return hit != negate && c != '/';
}

static bool match(const char *p, const char *t, long *steps);

/* p stands behind one or more stars. */
static bool
match_star(const char *p, const char *t, bool crosses, long *steps)
{
	if (*p == '\0')
		return crosses || strchr(t, '/') == NULL;
	for (;; t++) {
		if (match(p, t, steps))
			return true;
		if (*t == '\0' || (*t == '/' && !crosses) || *steps <= 0)
			return false;
	}
}

static bool
match(const char *p, const char *t, long *steps)
{
	for (; *p != '\0'; t++) {
		int r;

		if (--*steps <= 0)
			return false;
		if (*p == '*') {
			size_t stars = strspn(p, "*");

			return match_star(p + stars, t, stars > 1, steps);
		}
		if (*t == '\0')
			return false;
		switch (*p) {
		case '?':
			if (*t == '/')
				return false;
			p++;
			break;
		case '[':
			p++;
			if ((r = set_matches(&p, (unsigned char)*t)) != 1)
				return false;
			break;
		case '\\':
			p += p[1] != '\0';
			/* fall through */
		default:
			if (*p++ != *t)
				return false;
		}
	}
	return *t == '\0';
}

bool
wild_match(const char *pattern, const char *text)
{
	long steps = WILD_STEPS_MAX;

	return match(pattern, text, &steps);
}
