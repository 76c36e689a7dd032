/* The files a client asked for: found below the module root, held in segments, found again by
 * index.  Either one complete list, or one segment per directory (incremental recursion). */
#ifndef SALLYPORT_SYNCD_PULL_FLIST_H
#define SALLYPORT_SYNCD_PULL_FLIST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "syncd/fs/root.h"
#include "syncd/policy/rules.h"
#include "syncd/types.h"

/* What all names of a file have in common (hard links). */
struct inode_id {
	dev_t dev;
	ino_t ino;
};

/* What few files have: directories, devices, and all with -H (of several names), -U, -A or -X. */
struct file_more {
	struct inode_id inode;	/* if f->linked */
	int64_t atime;
	uint32_t rdev_major, rdev_minor;
	uint32_t sub;		/* a directory's number in flist.dirs; 0: never opened */
	int32_t xattrs;		/* 1 + the number of its set of attributes; 0: not known */
};

/* One of perhaps millions: every byte counts.  The name lies in the segment's memory, a link's target behind it,
 * struct file_more in front of it. */
struct file {
	const char *name;	/* last component, or "." */
	int64_t size, mtime;
	uint32_t nsec, uid, gid;
	uint32_t dir;		/* the directory it lies in */
	uint16_t mode;
	bool top_dir : 1, no_content : 1;
	bool followed : 1;	/* a link stands there; this is what it leads to */
	bool sent : 1;		/* its data went out once: another request is a repair */
	bool linked : 1;	/* it has other names, and somebody asked */
	bool more : 1;
};

/* A directory whose contents are sent: where it is in the transfer and in the module. */
struct flist_dir {
	char *path;		/* in the transfer, "" at the top */
	char *fs;		/* below the module root */
	struct rules_dir *rules;	/* what merge files above say, while it is read also those here; then NULL */
	int32_t xattrs;		/* as its entry had it: struct file */
	uint32_t same;		/* another whose files belong into the same segment; 0: none */
	dev_t dev;
};

struct segment {
	int32_t first;		/* index of files[0]; first - 1 is the directory itself */
	uint32_t n, cap;
	uint32_t dir;		/* the directory it lists; 0 for the first */
	struct file *files;
	char **chunks;		/* memory of the names */
	size_t n_chunks, chunk_at, chunk_size;
};

struct flist_conf {
	const struct root *root;
	const char *module;	/* for messages */
	struct work *work;	/* borrowed; NULL: reading is not counted */
	const struct rules *rules;	/* the client's filter */
	const struct rules *hidden;	/* the module's own: what it hides does not exist */
	uid_t uid;		/* the module's identity: its links, and root's, lead to merge files */
	int version;		/* decides the order */
	bool incremental, recurse, dirs, relative, one_file_system, munge;
	bool hard_links, atimes, attrs;
	bool no_implied_dirs;	/* -R: below protocol 30 parents are not in the list, from 30 on the client leaves them alone */
	bool removes;		/* --remove-source-files: every entry says which object it is */
	bool verbose;
	bool copy_links, copy_dirlinks, copy_unsafe;	/* -L -k --copy-unsafe-links */
	bool ignore_missing, delete_missing, ignore_errors;
	struct charset *charset;	/* borrowed; NULL, or what names have to be said in; */
	bool charset_links;	/* and the targets of links */
	bool readable_only;	/* what the module's identity cannot read does not exist */
	bool entered;		/* the root or a directory below it was entered: messages show a slash */
	/* a line for the client about something that could not be listed */
	void (*tell)(void *arg, unsigned code, const char *text);
	void *arg;
};

struct flist;

/* What only few files have; zeros where f has nothing of it.  Borrowed, as long as f's segment lives. */
const struct file_more *file_more(const struct file *f);

/* A symlink's target as it is sent, or NULL.  Borrowed likewise. */
const char *file_link(const struct file *f);

/* An empty list.  conf: copied; what it points to is borrowed until flist_free.  0 and *ret, or -ENOMEM. */
int flist_new(const struct flist_conf *conf, struct flist **ret);

/* s may be NULL. */
void flist_free(struct flist *s);

/* The same as flist_arg for an argument whose wildcards are expanded first: each component against
 * what is there, below the root and without what the module hides.  What matches nothing is kept
 * as it is (rsync(1), ADVANCED USAGE).  0, -ENOMEM, or E_LIMIT for more than GLOB_MATCHES_MAX matches. */
int flist_glob(struct flist *s, const char *pattern);
enum { GLOB_MATCHES_MAX = 100000 };

/* One path argument, module name already removed; what cannot be listed is told to the client.  0, -ENOMEM, or E_LIMIT for a path
 * that is too long. */
int flist_arg(struct flist *s, const char *path);

/* One name of --files-from, relative to the directory base ("" is the module's root).  Errors as of flist_arg. */
int flist_name(struct flist *s, const char *base, const char *name);

/* After the last argument: one step of building the first list.  1: more to do, 0: it stands,
 * negative: an error of ours. */
int flist_build(struct flist *s);

/* The next directory's segment.  0 and *ret_dir (its directory number), E_EOF after the last,
 * or an error.  Only with incremental recursion. */
int flist_next(struct flist *s, uint32_t *ret_dir);

/* The segment that was begun last.  Borrowed until the next call that lists. */
const struct segment *flist_newest(const struct flist *s);

/* The directory that a listed file lies in.  Borrowed likewise. */
const struct flist_dir *flist_dir_of(const struct flist *s, const struct file *f);

/* The file with this index, which the client names; NULL when there is none (any more).  For the index of a directory between
 * segments *ret_gap is true and NULL is returned. */
struct file *flist_find(const struct flist *s, int32_t ndx, bool *ret_gap);

/* The file with this index was opened to be sent: it is this object now, whatever was listed. */
void flist_is_now(struct flist *s, int32_t ndx, const struct stat *st);

/* -H: the index under which this inode was first sent, or -1 after noting that it is now.
 * E_LIMIT or -ENOMEM when it cannot be noted. */
int flist_link(struct flist *s, const struct inode_id *id, int32_t ndx, int32_t *ret_first);

/* The directory that a gap index stands for; NULL at the top. */
const struct flist_dir *flist_gap(const struct flist *s, int32_t ndx);

/* The attribute set (1 + its number) of file number index of the newest segment; its directory remembers it beyond the segment's
 * life. */
void flist_set_xattrs(struct flist *s, uint32_t index, int32_t set);

/* The oldest segment is finished.  True when it was the last of all. */
bool flist_release(struct flist *s);

/* Is the client short of work with fewer than `ahead` files listed beyond the segment that it works
 * on?  It never finishes a segment before it has seen the next, so two of them are always due. */
bool flist_wants_more(const struct flist *s, size_t ahead);

/* A path below directory dir as rsync shows it: with a slash in front when that directory was entered
 * by chroot or for an argument.  Returns dst. */
const char *flist_shown(const struct flist *s, uint32_t dir, const char *fs, char *dst, size_t size);

/* May a directory below the root be what arguments or names start from?  0 or -errno; one that rules hide is not there. */
int flist_may_enter(const struct flist *s, const char *dir);

/* What rules_enter said when a merge file ended the list; the client was told.  0: none did. */
int flist_rules_error(const struct flist *s);

/* IOERR_... flags of what could not be listed. */
int flist_io_error(const struct flist *s);

/* Bytes of the regular files and symlinks listed so far. */
int64_t flist_total_size(const struct flist *s);

#endif
