/* How much alike two file names are (rsync(1), --fuzzy). */
#include "syncd/policy/similar.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"

enum { SUFFIX_WEIGHT = 10 };

struct text {
	const char *at;
	size_t n;
};

/* Is the suffix [at, end) one that copies get and that says nothing of the kind of file? */
static bool
is_of_a_copy(const char *at, const char *end)
{
	static const char *const copies[] = { ".bak", ".old", ".orig" };

	for (size_t i = 0; i < ARRAY_LEN(copies); i++)
		if ((size_t)(end - at) == strlen(copies[i]) && memcmp(at, copies[i], (size_t)(end - at)) == 0)
			return true;
	return false;
}

static bool
is_number(const char *at, const char *end)
{
	while (at < end && *at >= '0' && *at <= '9')
		at++;
	return at == end;
}

/* What follows the last dot; of names of copies and of numbered ones the part before, if there is one. */
static struct text
suffix_of(const char *name)
{
	const char *end = name + strlen(name), *dot = end;
	struct text number = { end, 0 };

	if (end > name && end[-1] == '~')
		dot = --end;
	while (dot > name + 1) {
		if (*--dot != '.')
			continue;
		if (is_number(dot + 1, end)) {
			if (number.n == 0)
				number = (struct text){ dot, (size_t)(end - dot) };
		} else if (!is_of_a_copy(dot, end)) {
			return (struct text){ dot, (size_t)(end - dot) };
		}
		end = dot;
	}
	return number;
}

/* How far two texts are apart: a step for each character to insert, delete or change, and a little for how
 * far those are apart. */
static uint32_t
distance(struct text a, struct text b)
{
	uint32_t row[NAME_MAX + 1];

	row[0] = 0;
	for (size_t k = 0; k < b.n; k++)
		row[k + 1] = row[k] + SIMILAR_STEP + (uint8_t)b.at[k];
	for (size_t i = 0; i < a.n; i++) {
		uint32_t diagonal = row[0], gone = SIMILAR_STEP + (uint8_t)a.at[i];

		row[0] += gone;
		for (size_t k = 0; k < b.n; k++) {
			uint32_t least = diagonal + (a.at[i] == b.at[k] ? 0 : SIMILAR_STEP + (uint32_t)abs((uint8_t)a.at[i] - (uint8_t)b.at[k]));
			uint32_t without = row[k + 1] + gone, with = row[k] + SIMILAR_STEP + (uint8_t)b.at[k];

			diagonal = row[k + 1];
			least = without < least ? without : least;
			row[k + 1] = with < least ? with : least;
		}
	}
	return row[b.n];
}

uint32_t
similar_distance(const char *a, const char *b)
{
	struct text x = { a, strlen(a) }, y = { b, strlen(b) };
	uint32_t d;

	if (x.n > NAME_MAX || y.n > NAME_MAX)
		return UINT32_MAX;
	d = distance(x, y);
	return d > SIMILAR_MOST ? d : d + SUFFIX_WEIGHT * distance(suffix_of(a), suffix_of(b));
}
