/* Mode, times and owner of one object, set through a descriptor of it or on its name below a held
 * parent, and never through a link. */
#ifndef SALLYPORT_SYNCD_FS_META_H
#define SALLYPORT_SYNCD_FS_META_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "syncd/fs/tree.h"

struct meta {
	bool fake;		/* owner and mode are kept beside the object (fake.h) */
	bool set_uid, set_gid, set_mode, set_mtime, set_atime;
	uid_t uid;
	gid_t gid;
	mode_t mode;		/* 07777 */
	struct timespec mtime, atime;
};

/* fd is the object itself, or -1: then at names it.  Each that fails is tried for itself; the first
 * error counts, and *ret_what says what it was about ("chown", "set times on", "set permissions of").
 * 0 or -errno. */
int meta_set(int fd, const struct at_path *at, const struct meta *m, const char **ret_what);

#endif
