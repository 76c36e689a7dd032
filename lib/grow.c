#include "lib/grow.h"

#include <stdlib.h>

enum { FIRST = 16 };

bool
grow(void *array, size_t elem, size_t n, size_t *cap)
{
	size_t want = *cap < FIRST ? FIRST : *cap * 2;
	void *p;

	if (n < *cap)
		return true;
	if ((p = reallocarray(*(void **)array, want, elem)) == NULL)
		return false;
	*(void **)array = p;
	*cap = want;
	return true;
}
