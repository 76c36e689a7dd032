/* One directory below a root, entry by entry, in the order the file system gives them. */
#ifndef SALLYPORT_SYNCD_FS_WALK_H
#define SALLYPORT_SYNCD_FS_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "syncd/fs/root.h"

struct walk;

struct walk_item {
	const char *name;	/* one component, valid until the next call */
	struct stat st;		/* lstat */
	int err;		/* 0, or -errno of the lstat: the entry is there but unreadable, or gone */
};

/* 0, or -errno (-ENOTDIR, -EACCES, ...) */
int walk_open(const struct root *root, const char *path, struct walk **ret);

/* The same over a descriptor for reading, which becomes the walk's, also on failure.  fake: as in struct root. */
int walk_over(int fd, bool fake, struct walk **ret);

/* The next name without asking more about it; *ret_type is the type part of its mode where the directory says
 * it, else 0. */
bool walk_next_name(struct walk *w, const char **ret, mode_t *ret_type);

/* lstat of a name of the directory.  0 or -errno. */
int walk_lstat(const struct walk *w, const char *name, struct stat *ret);

/* true and *ret, false at the end or on an error (walk_error) */
bool walk_next(struct walk *w, struct walk_item *ret);
int walk_error(const struct walk *w);

/* A symlink's target in the directory being walked, as a C string in dst.  Length or -errno
 * (-ENAMETOOLONG when it does not fit). */
int walk_link(const struct walk *w, const char *name, char *dst, size_t size);

/* The end of a walk that walk_open began, whatever came of it. */
void walk_close(struct walk *w);

#endif
