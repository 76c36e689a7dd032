/* Temporary files, made beside what they are to become: who wrote one renames it into place, so that a name is always the old
 * file or the new one, whole. */
#ifndef SALLYPORT_SYNCD_FS_STAGE_H
#define SALLYPORT_SYNCD_FS_STAGE_H

#include "syncd/fs/tree.h"

enum { STAGE_STALE_SECONDS = 10 };

/* A new file in the directory of path (in t) under a name of temp_name.h; path_out (TREE_PATH_SIZE) gets it, from
 * the tree.  leaf: what it is named after.  A descriptor for reading and writing, or -errno.  The file is locked as long as that
 * is open: its time may be an old one long before it is renamed, and no sweep may take it. */
int stage_open(struct tree *t, const char *dir, const char *leaf, mode_t mode, char *path_out);

/* Remove what sessions that are gone left in the directory dir: files of our form that nobody has
 * locked and that were not touched for STAGE_STALE_SECONDS, the time between making and locking being less.  Where locks are
 * not to be had nothing is taken; two hosts that write into one directory of a network file system must share their locks.
 * How many, or -errno. */
int stage_sweep(struct tree *t, const char *dir);

#endif
