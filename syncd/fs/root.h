/* The module root as a held descriptor.  Every path of a peer is resolved below it by the
 * kernel (openat2, RESOLVE_BENEATH): no "..", no absolute link and no race leads out. */
#ifndef SALLYPORT_SYNCD_FS_ROOT_H
#define SALLYPORT_SYNCD_FS_ROOT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

struct root {
	int fd;			/* O_PATH or read-only directory; borrowed */
	bool fake;		/* what fake.h keeps about an object is shown in place of what it is */
};

enum { ROOT_TRIES = 32 };	/* renames that may race one look-up before it fails */

/* Open path ("" is the root itself) below the root; links inside the tree are followed but for
 * the last component.  A descriptor or -errno. */
int root_open(const struct root *root, const char *path, int flags);

/* The same, following a link in the last component too. */
int root_open_follow(const struct root *root, const char *path, int flags);

/* The same, refusing every link on the way (-ELOOP). */
int root_open_strict(const struct root *root, const char *path, int flags);

/* path as it is without links: those on the way and at its end are followed if they belong to root or to uid, and lead on
 * below the root.  What is not there is taken as it is spelled.  dst: size bytes.  0 or -errno; -ELOOP for a link of
 * somebody else, -EXDEV for one that leads out.  What is opened by it should be opened strictly. */
int root_owned_path(const struct root *root, const char *path, uid_t uid, char *dst, size_t size);

/* Said to a client whose path root_owned_path refuses with -ELOOP. */
#define LINK_REFUSED "refusing to follow a symlink owned by an untrusted user"

/* lstat (follow 0) or stat (follow 1) below the root.  0 or -errno. */
int root_stat(const struct root *root, const char *path, int follow, struct stat *ret);

/* May we read this, whatever it is?  Nothing is opened for it. */
bool root_readable(const struct root *root, const char *path);

/* The text of a regular file of at most max bytes below the root, heap; NULL when there is none
 * that can be read, or when it holds a NUL byte. */
char *root_read_text(const struct root *root, const char *path, size_t max);

/* The same, through no link. */
char *root_read_text_strict(const struct root *root, const char *path, size_t max);

/* The same for any bytes; a NUL stands behind the last of them. */
char *root_read_bytes(const struct root *root, const char *path, size_t max, size_t *ret_n);

/* The directory last used, so that the files of one directory cost one component each. */
struct opener {
	const struct root *root;
	int fd;			/* -1: none held */
	char *path;		/* heap */
	bool keep_atime;	/* of files that are opened, where we may */
	bool strict;		/* the directory is not reached through links */
};

#define OPENER_INIT(r) { .root = (r), .fd = -1 }

/* Open dir/name for reading: a regular file, never through a link.  A descriptor, or -errno
 * (-ELOOP for a link, -EINVAL when it is no regular file).  *ret_st is its state. */
int opener_file(struct opener *o, const char *dir, const char *name, struct stat *ret_st);

/* The two parts of it: a descriptor of whatever stands there; then 0, or -EINVAL and the descriptor is closed.
 * A small file that proves to have the bytes it was listed with need not be looked at. */
int opener_any(struct opener *o, const char *dir, const char *name);
int opener_regular(int fd, struct stat *ret_st);

/* The same for a file that a link leads to: the link may lead anywhere below the root. */
int opener_followed(struct opener *o, const char *dir, const char *name, struct stat *ret_st);

/* Unlink dir/name, which is no directory, if it still is that very object (device and inode), of that type and time, and
 * of that size if it is a regular file.  0 or -errno (-ESTALE when it has changed). */
int opener_remove(struct opener *o, const char *dir, const char *name, const struct stat *was);

/* The directory itself, held until the next one is used.  A descriptor or -errno. */
int opener_dir(struct opener *o, const char *dir);

/* Let go of the directory that is held. */
void opener_done(struct opener *o);

/* Descriptors to be closed, some of them at once: neighbours cost one system call. */
enum { CLOSER_MAX = 32 };
struct closer {
	int fds[CLOSER_MAX], n;
};

void closer_add(struct closer *c, int fd);	/* -1 is ignored */
void closer_flush(struct closer *c);

#endif
