/* How much alike are two names?  Text only; measured on what rsync's --fuzzy takes. */
#ifndef SALLYPORT_SYNCD_POLICY_SIMILAR_H
#define SALLYPORT_SYNCD_POLICY_SIMILAR_H

#include <stdint.h>

enum {
	SIMILAR_STEP = 65536,		/* one character more, less or changed */
	SIMILAR_MOST = 25 * SIMILAR_STEP,	/* what is farther is not similar */
};

/* The distance of two names, NAME_MAX characters at most (UINT32_MAX: one is longer).  Below a step it tells how far
 * changed characters are apart.  The suffix counts ten times more, since another kind of file has other data; those of
 * copies (~ .bak .old .orig) and numbers are passed over. */
uint32_t similar_distance(const char *a, const char *b);

#endif
