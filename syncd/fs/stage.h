/* Temporary files: written, then renamed into place, so that a name is always the old file or the new
 * one, whole. */
#ifndef SALLYPORT_SYNCD_FS_STAGE_H
#define SALLYPORT_SYNCD_FS_STAGE_H

#include <limits.h>

#include "syncd/fs/tree.h"

enum { STAGE_TRIES = 100, STAGE_STALE_SECONDS = 10 };

/* ".NAME.sp~XXXXXX" with six random characters; NAME (without a leading dot of its own) is cut to fit.
 * The mark tells our temporaries from any file of a user's. */
void stage_name(struct tree *t, const char *leaf, char dst[NAME_MAX + 1]);
bool stage_is_name(const char *leaf);

/* A new file in the directory of path (in t) under such a name; path_out (TREE_PATH_SIZE) gets it, from
 * the tree.  leaf: what it is named after.  A descriptor for reading and writing, or -errno. */
int stage_open(struct tree *t, const char *dir, const char *leaf, mode_t mode, char *path_out);

/* Mark a temporary as one in use, as soon as it outlives one step of work. */
void stage_lock(int fd);

/* Remove what sessions that are gone left in the directory dir: files of our form that nobody has
 * locked and that were not touched for STAGE_STALE_SECONDS.  How many, or -errno. */
int stage_sweep(struct tree *t, const char *dir);

#endif
