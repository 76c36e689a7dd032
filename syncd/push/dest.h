/* Where a push lands: the tree of the destination, and the others that options name: partial files, backups, alternate and
 * temporary directories.  Says nothing to the client: it returns what went wrong. */
#ifndef SALLYPORT_SYNCD_PUSH_DEST_H
#define SALLYPORT_SYNCD_PUSH_DEST_H

#include <limits.h>

#include "lib/buf.h"
#include "syncd/fs/tree.h"
#include "syncd/push/flist_in.h"
#include "syncd/session/session.h"

struct dest {
	const struct session *s;	/* options and grant, borrowed */
	const struct root *root;	/* the module's, borrowed */
	struct tree tree;	/* the destination; opened by dest_open.c like those below */
	bool made_top;		/* it was made for this push */
	bool no_tree;		/* it does not exist yet, and this is a dry run */
	char rename_to[NAME_MAX + 1];	/* the one entry of the list is stored under this name; "" otherwise */
	struct tree temp;	/* --temp-dir; fd -1: none */
	struct tree partial;	/* the module's root, for an absolute --partial-dir */
	struct tree alt[ALT_DEST_MAX];	/* --compare-dest and its kin; fd -1: not there */
	struct tree backup;	/* --backup-dir; opened when first needed */
	struct newmode {	/* newmode.c: what the directory worked in last gives to what is made in it */
		char dir[TREE_PATH_SIZE];
		mode_t perms;
		bool has_acl, known;
		struct buf acl;
	} newmode;
};

/* s: borrowed until dest_done.  Nothing is opened yet. */
void dest_init(struct dest *d, const struct session *s);
void dest_done(struct dest *d);

/* The path of an entry in the destination's tree, into dst.  Returns dst. */
char *dest_path(const struct dest *d, const struct flist_file *f, char dst[NAME_BYTES_MAX]);

/* Does the module's own filter hide this path of tree t?  Then it is neither read nor written (rsyncd.conf(5), exclude). */
bool dest_hidden(const struct dest *d, const struct tree *t, const char *path, bool is_dir);

/* Where an option's directory is, without links (those of root's and of the module's identity are followed); it need not be
 * there.  0 or -errno: -ELOOP for a link of somebody else, -ENOENT also for what a link leads to and the module hides. */
int dest_option_place(const struct dest *d, const char *option, char dst[TREE_PATH_SIZE]);

/* Open a directory that an option names, below the module root; relative ones start from the destination.  0 or -errno. */
int dest_option_tree(struct dest *d, const char *option, struct tree *ret);

/* Does the module's own filter hide the directory that an option names? */
bool dest_option_hidden(const struct dest *d, const char *option);

/* The option's directory as a client may see it: below the module's root.  Returns option or dst. */
const char *dest_option_shown(const struct dest *d, const char *option, char dst[2 * TREE_PATH_SIZE]);

/* The directory part of a path, "" at the top; and the name in it, borrowed. */
void dest_dir_of(const char *path, char dst[TREE_PATH_SIZE]);
const char *dest_leaf_of(const char *path);

/* The partial file of path, and the tree that it is in; false when there is no partial directory. */
bool dest_partial(struct dest *d, const char *path, struct tree **ret, char dst[TREE_PATH_SIZE]);

/* Is there one partial directory for all, below the module's root?  Files of one name in several directories share a
 * partial file there.  rsync lets files that are complete wait in it too (--delay-updates), and puts one in the place of
 * another; ours wait beside their places. */
bool dest_partial_is_shared(const struct dest *d);

/* Where a file that is complete waits for the end (--delay-updates); false where none does. */
bool dest_waiting(const struct dest *d, const char *path, char dst[TREE_PATH_SIZE]);

/* Does alternate directory number i hold path, and may it be looked at?  Then *ret_st is what stands there. */
bool dest_alt_has(struct dest *d, size_t i, const char *path, struct stat *ret_st);

/* The first alternate directory that holds something of mode's type under path: its number, or -1. */
int dest_alt_find(struct dest *d, const char *path, uint32_t mode, struct stat *ret_st);

/* --- newmode.c: what a directory gives to what is made in it --- */

/* The permissions that something new at path may have, by its directory's default ACL (acl(5)) or by the umask.  A directory that is
 * still to be made has the ACL of the one above it. */
mode_t newmode_perms(struct dest *d, const char *path);

/* Make the directories above a path below the module's root (above), and path itself (whole).  Links are followed, as
 * the administrator's own.  How many were made above it, or -errno. */
int dest_make_below_root(struct dest *d, const char *path, bool above, bool whole);

/* Has the directory a default ACL, so that what is made in it has not the mode that it was made with? */
bool newmode_by_acl(struct dest *d, const char *path);

/* Attributes of a directory were set: ask again. */
void newmode_forget(struct dest *d);

#endif
