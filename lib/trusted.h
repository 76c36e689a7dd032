/* Paths that the administrator configured.  Any component may be a symbolic link, but only one that root or we ourselves
 * made: whoever else can plant links must not steer us.  A path that is not absolute starts at the working directory. */
#ifndef SALLYPORT_LIB_TRUSTED_H
#define SALLYPORT_LIB_TRUSTED_H

#include <limits.h>

/* Open a directory (O_PATH).  A descriptor or -errno (-ELOOP for a link made by somebody else). */
int trusted_dir(const char *path);

/* Open a file, never waiting for one: regular, or a character device, or for O_WRONLY a FIFO that has a reader, whose bytes are
 * lost while it is full; anything else is -ENOTSUP.  /dev/stdin and its kin are what they name.  flags and mode as for
 * open(2); O_CLOEXEC is understood.  A descriptor or -errno. */
int trusted_file(const char *path, int flags, int mode);

/* Open the directory that holds the file (O_PATH), for calls that take one; leaf gets the file's name there, which may be
 * anything, also a link.  A descriptor or -errno. */
int trusted_parent(const char *path, char leaf[NAME_MAX + 1]);

/* What an error of these calls (negative) means to the administrator. */
const char *trusted_error(int r);

#endif
