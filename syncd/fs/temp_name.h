/* Names of temporary files: ".NAME.sp~XXXXXX" with six random characters; NAME (without a leading dot of its own) is cut to fit.
 * The mark tells our temporaries from any file of a user's. */
#ifndef SALLYPORT_SYNCD_FS_TEMP_NAME_H
#define SALLYPORT_SYNCD_FS_TEMP_NAME_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

enum { TEMP_NAME_TRIES = 100 };	/* names that may be taken before a temporary is given up */

/* Random bytes for such names, got many at a time.  All zeros is an empty one. */
struct random_bytes {
	unsigned char v[240];
	size_t left;
};

/* A new name for a file that is called leaf, into dst. */
void temp_name(struct random_bytes *r, const char *leaf, char dst[NAME_MAX + 1]);

/* Has this name that form? */
bool temp_name_is(const char *leaf);

#endif
