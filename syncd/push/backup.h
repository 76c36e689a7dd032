/* --backup: what is replaced or deleted is kept under another name (rsync-wire 8.6). */
#ifndef SALLYPORT_SYNCD_PUSH_BACKUP_H
#define SALLYPORT_SYNCD_PUSH_BACKUP_H

#include "syncd/push/dest.h"
#include "syncd/session/session.h"

/* Move what stands at path of the destination out of the way.  keep: it stays under its name too, as one more name where that
 * can be.  The client is told if it asked for such words.  0 or -errno. */
int backup_move(struct session *s, const char *path, bool keep);

/* Copy it there, since the file itself will be written to (--inplace).  st: its owner, mode and time.  0 or -errno. */
int backup_copy(struct session *s, const char *path, const struct stat *st);

/* The backup's tree, opened and perhaps made, and its name in it.  0 or -errno; -EACCES where the module hides it. */
int backup_name(struct session *s, const char *path, struct tree **ret, char dst[TREE_PATH_SIZE]);

#endif
