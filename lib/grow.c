#include "lib/grow.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST = 16 };

bool
grow(void *array, size_t elem, size_t n, size_t *cap)
{
	size_t want = *cap < FIRST ? FIRST : *cap * 2;
	void *p;

	if (n < *cap)
		return true;
	memcpy(&p, array, sizeof p);	/* a pointer of another type: reading it as a void * is undefined */
	if ((p = reallocarray(p, want, elem)) == NULL)
		return false;
	memcpy(array, &p, sizeof p);
	*cap = want;
	return true;
}
