/* Files that change their directory, tree or file system. */
#ifndef SALLYPORT_SYNCD_PUSH_COPY_H
#define SALLYPORT_SYNCD_PUSH_COPY_H

#include "syncd/fs/tree.h"
#include "syncd/session/session.h"

/* In all of them: from is a path of from_tree, to one of to_tree; 0 or -errno, and nothing is told to the client but that the
 * session lives, while much is copied. */

/* Rename from to to, or, across file systems, copy and remove.  What stands at to is replaced in one step. */
int move_file(struct session *s, struct tree *from_tree, const char *from, struct tree *to_tree, const char *to);

/* The same, but from stays if it can: as one more name or, across file systems, as the original of a copy. */
int link_or_copy(struct session *s, struct tree *from_tree, const char *from, struct tree *to_tree, const char *to);

/* Copy a regular file.  st: the owner, mode and time that the copy gets; an owner or group of -1 is left as it was made. */
int copy_file(struct session *s, struct tree *from_tree, const char *from, struct tree *to_tree, const char *to,
    const struct stat *st);

#endif
