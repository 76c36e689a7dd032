/* Wildcards of rsync's filter rules and arguments: "*", "**", "?", classes (rsync(1), PATTERN MATCHING RULES). */
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

/* One element of the pattern, which is no star and not its end, against one character.  *p moves behind it. */
static bool
element(const char **p, char c)
{
	switch (**p) {
	case '?':
		++*p;
		return c != '/';
	case '[':
		++*p;
		return set_matches(p, (unsigned char)c) == 1;
	case '\\':
		*p += (*p)[1] != '\0';
		/* fall through */
	default:
		return *(*p)++ == c;
	}
}

/* Where to go on when what stands behind a star does not match: one character later. */
struct star {
	const char *p, *t;	/* p: behind the star; NULL: there is none */
};

static bool
retry(struct star *star, bool crosses, const char **p, const char **t)
{
	if (star->p == NULL || *star->t == '\0' || (*star->t == '/' && !crosses))
		return false;
	*p = star->p;
	*t = ++star->t;
	return true;
}

/* Only the last star of each kind is ever moved: with the one before it in its first place, it can reach all that it
 * could reach with that in a later one. */
bool
wild_match_counted(const char *p, const char *t, uint64_t *steps)
{
	struct star one = { NULL, NULL }, deep = { NULL, NULL };

	for (long left = WILD_STEPS_MAX; left > 0; left--, ++*steps) {
		const char *at = p;

		if (*p == '*') {
			size_t stars = strspn(p, "*");

			p += stars;
			*(stars > 1 ? &deep : &one) = (struct star){ p, t };
			if (stars > 1)
				one.p = NULL;
			continue;
		}
		if (*t == '\0')		/* and no star that takes more leaves more */
			return *p == '\0';
		if (*p != '\0' && element(&at, *t)) {
			p = at;
			t++;
			continue;
		}
		if (retry(&one, false, &p, &t))
			continue;
		one.p = NULL;
		if (!retry(&deep, true, &p, &t))
			return false;
	}
	return false;
}

uint64_t
wild_vain(const char *pattern, const char *text, uint64_t steps)
{
	enum { FREE = 64, FREE_PER_BYTE = 4 };
	uint64_t honest = FREE;

	if (steps > honest)
		honest += FREE_PER_BYTE * (strlen(pattern) + strlen(text));
	return steps > honest ? steps - honest : 0;
}

bool
wild_match(const char *pattern, const char *text)
{
	uint64_t steps = 0;

	return wild_match_counted(pattern, text, &steps);
}
