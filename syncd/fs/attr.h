/* Extended attributes, read and set through a descriptor of the object itself. */
#ifndef SALLYPORT_SYNCD_FS_ATTR_H
#define SALLYPORT_SYNCD_FS_ATTR_H

#include <stdbool.h>

#include "lib/buf.h"
#include "syncd/fs/root.h"

enum { ATTR_VALUE_MAX = 65536, ATTR_NAMES_MAX = 65536 };	/* the kernel's own bounds */

/* A descriptor for dir/name ("." is dir itself); only regular files and directories carry
 * attributes that can be read this way.  -errno otherwise. */
int attr_open(struct opener *o, const char *dir, const char *name, bool is_dir, bool followed);

/* The names, each ended by NUL, into b; resp. one value.  0 or -errno. */
int attr_names(int fd, struct buf *b);
int attr_value(int fd, const char *name, struct buf *b);

/* 0 or -errno; removing one that is not there is 0. */
int attr_set(int fd, const char *name, const void *value, size_t n);
int attr_remove(int fd, const char *name);

#endif
