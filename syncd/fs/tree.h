/* The tree that an upload lands in: a directory of the module as a held descriptor, and the parents
 * of what is made in it as held descriptors too.  Every change is a call on such a parent with a
 * name of one component, so nothing that a local user flips meanwhile leads out (hardening P1, P2). */
#ifndef SALLYPORT_SYNCD_FS_TREE_H
#define SALLYPORT_SYNCD_FS_TREE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "syncd/fs/root.h"
#include "syncd/fs/temp_name.h"

enum { TREE_HELD = 8, TREE_PATH_SIZE = 4096 };

struct tree {
	const struct root *module;
	int fd;			/* the directory, O_PATH; -1: not open */
	char path[TREE_PATH_SIZE];	/* it, from the module's root; "" is the root itself */
	bool links;		/* links to directories inside the module count as directories */
	struct tree_held {
		int fd;
		char *dir;	/* heap; NULL: free */
		unsigned used;
	} held[TREE_HELD];
	unsigned turn;
	size_t last;		/* held and used last */
	struct random_bytes random;	/* for names of temporaries */
	bool still;		/* the caller makes nothing in it: a directory that was not there is not looked for with each name below it */
	char *absent;		/* heap; the last one of these, NULL: none */
};

#define TREE_INIT { .fd = -1 }

/* A name in its parent directory; borrowed from the tree until two more are looked up. */
struct at_path {
	int dir;
	const char *leaf;	/* one component, or "." for the tree's own directory */
};

/* Paths are relative to the tree, without ".." or empty components; "." is its own directory.
 * All return 0 (or a descriptor) or -errno; -ENOTDIR or -ELOOP where a parent is a link. */

int tree_open(struct tree *t, const struct root *module, const char *path);
int tree_open_strict(struct tree *t, const struct root *module, const char *path);	/* through no link */
void tree_done(struct tree *t);
int tree_at_path(struct tree *t, const char *path, struct at_path *ret);

/* The directory at path was replaced or removed: what is held at it or below is let go. */
void tree_forget(struct tree *t, const char *path);

/* lstat of path, which is given from the root of the tree.  0 or -errno. */
int tree_lstat(struct tree *t, const char *path, struct stat *ret);

/* Is it a symlink to the kernel too, and not only for show (fake.h)? */
bool tree_is_real_link(struct tree *t, const char *path);

/* The same as tree_lstat, but a link that leads to a directory inside the module is shown as that directory. */
int tree_stat_dir(struct tree *t, const char *path, struct stat *ret);

/* A regular file, never through a link (-ELOOP; -EINVAL for what is no regular file). */
int tree_open_file(struct tree *t, const char *path, int flags, struct stat *ret);

/* A new file; -EEXIST when something stands there. */
int tree_create(struct tree *t, const char *path, mode_t mode);

/* A directory of the tree for reading its names. */
int tree_open_dir(struct tree *t, const char *path);

/* Make the directory path, and nothing above it.  0 or -errno. */
int tree_mkdir(struct tree *t, const char *path, mode_t mode);

/* A directory was made. */
typedef void tree_made(void *arg, struct tree *t, const char *dir);

/* All directories above path that are not there; mode is theirs.  made (or NULL) hears of each.  How many were made,
 * or -errno. */
int tree_mkparents(struct tree *t, const char *path, mode_t mode, tree_made *made, void *arg);
int tree_remove(struct tree *t, const char *path, bool is_dir);

/* rename(2); from and to may lie in different trees. */
int tree_rename(struct tree *from_tree, const char *from, struct tree *to_tree, const char *to);

/* Length or -errno; -ENAMETOOLONG when it does not fit. */
int tree_readlink(struct tree *t, const char *path, char *dst, size_t size);

/* Make one of these at path.  replace: something stands there and gives way in one step. */
int tree_symlink(struct tree *t, const char *target, const char *path, bool replace);
int tree_mknod(struct tree *t, const char *path, mode_t mode, dev_t dev, bool replace);
int tree_link(struct tree *from_tree, const char *from, struct tree *to_tree, const char *to, bool replace);

#endif
