/* Files below a root directory.  Paths are relative ("etc/a/b"); no symbolic link is followed in them, so that nothing
 * outside of the root is reached.  All return 0 or a descriptor, or -errno. */
#ifndef SALLYPORT_DEPLOY_TREE_H
#define SALLYPORT_DEPLOY_TREE_H

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "deploy/emit.h"
#include "lib/buf.h"

enum { TREE_FILE_MAX = 4 << 20 };

/* The root itself, made (one level) when make is true. */
int tree_open(const char *root, bool make);

/* A directory below it. */
int tree_dir(int root, const char *path);

/* A file's bytes and what it is; -ENOENT: not there; -EEXIST: something that is no regular file. */
int tree_read(int root, const char *path, struct buf *ret, struct stat *st);

/* Make the directories above path, 0755. */
int tree_dirs(int root, const char *path);

/* Tell which of them are not there, from the top. */
int tree_missing(int root, const char *path, void (*tell)(void *arg, const char *dir), void *arg);

/* Write the text beside path, with sync also to the disk, so that tree_commit only has to rename it; what an earlier
 * run left there is replaced. */
int tree_stage(int root, const char *path, struct emit *text, unsigned mode, bool sync);
int tree_commit(int root, const char *path, bool sync);
int tree_unstage(int root, const char *path);	/* 0 also where there is nothing */

/* Give the file at path a second name, "path.~N~", and tell it. */
int tree_backup(int root, const char *path, char name[PATH_MAX]);

int tree_remove(int root, const char *path);
int tree_rmdir(int root, const char *path);	/* -ENOTEMPTY and kin: it stays */

/* What an error of these means, with the remedy where there is one. */
const char *tree_error(int error);

#endif
