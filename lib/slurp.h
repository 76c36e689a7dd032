/* A whole file in memory, and no copy of any part of it elsewhere: it may hold a secret. */
#ifndef SALLYPORT_LIB_SLURP_H
#define SALLYPORT_LIB_SLURP_H

#include "lib/buf.h"

/* Append all that can be read from fd to *ret, which stays the caller's to end, also after an error.  0, -EFBIG when that
 * is more than max bytes, or -errno. */
int slurp_fd(int fd, size_t max, struct buf *ret);

/* The same for a path that the administrator configured; it is opened as lib/trusted.h says. */
int slurp_trusted(const char *path, size_t max, struct buf *ret);

#endif
