/* Extended attributes of one object, never through a link. */
#ifndef SALLYPORT_SYNCD_FS_ATTR_H
#define SALLYPORT_SYNCD_FS_ATTR_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "lib/buf.h"

enum { ATTR_VALUE_MAX = 65536, ATTR_NAMES_MAX = 65536 };	/* the kernel's own bounds */

/* A descriptor of the object itself, or (fd -1) its name in a held directory; neither (ATTR_OF_NONE): it has
 * none.  The working directory is changed for the second. */
struct attr_of {
	int fd;
	int dir;
	const char *name;
	bool fake;		/* names outside "user." stand behind "user.rsync.", and what fake.h keeps is not shown */
};

#define ATTR_OF_NONE ((struct attr_of){ .fd = -1, .dir = -1 })

/* What fake.h keeps of an object's type, owner and mode, and of its ACLs. */
#define ATTR_FAKE_STAT "user.rsync.%stat"
#define ATTR_FAKE_ACL "user.rsync.%aacl"
#define ATTR_FAKE_DEFAULT_ACL "user.rsync.%dacl"

/* lstat of it.  0 or -errno. */
int attr_stat(const struct attr_of *of, struct stat *ret);

/* The names, each ended by NUL, into b; and one value.  0 or -errno. */
int attr_names(const struct attr_of *of, struct buf *b);
int attr_value(const struct attr_of *of, const char *name, struct buf *b);

/* 0 or -errno; removing one that is not there is 0. */
int attr_set(const struct attr_of *of, const char *name, const void *value, size_t n);
int attr_remove(const struct attr_of *of, const char *name);

/* One value into memory of the caller's, under its real name.  Its length or -errno. */
ssize_t attr_read(const struct attr_of *of, const char *name, void *dst, size_t size);

#endif
