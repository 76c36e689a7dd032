/* Files that this user alone may read, each whole or as it was before. */
#ifndef SALLYPORT_CLIENT_WRAP_KEEP_H
#define SALLYPORT_CLIENT_WRAP_KEEP_H

#include <stddef.h>

/* Put n bytes on the disk and then in the place of the file at path (absolute), with mode 0600; directories that are missing are made,
 * 0700.  Links are followed as lib/trusted.h says, but none in the place of the file.  0 or -errno; the file is then as it was. */
int keep_file(const char *path, const void *bytes, size_t n);

#endif
