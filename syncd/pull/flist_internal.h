/* What the files of the list share; nobody else includes it.  flist.c keeps the lists, flist_build.c makes them, flist_scan.c reads
 * directories, flist_args.c looks at what the client names. */
#ifndef SALLYPORT_SYNCD_PULL_FLIST_INTERNAL_H
#define SALLYPORT_SYNCD_PULL_FLIST_INTERNAL_H

#include "syncd/pull/flist.h"

/* A directory announced to the client, in announcing order (rsync-wire 5.9). */
struct listed {
	uint32_t dir;		/* 0: a "." or a directory whose contents are not sent */
	uint32_t parent;	/* 1 + listed directory above; 0 at the top */
	uint32_t first, n;	/* its own sub-directories, once its segment is built */
	bool skip;		/* has no segment of its own */
};

enum { FLIST_ENTRY_STEPS = 1000 };	/* what looking at one name counts as */

struct flist {
	struct flist_conf conf;
	struct flist_dir *dirs;	/* [0] is never used */
	uint32_t n_dirs, cap_dirs;
	struct segment **segments;	/* the outstanding ones, oldest first */
	size_t n_segments, oldest, cap_segments;
	struct listed *listed;
	uint32_t n_listed, cap_listed;
	uint32_t at;		/* 1 + the directory whose segment was built last; 0: the first list */
	bool all_listed;
	int32_t next_first;	/* index of the next segment's first file */
	bool started;		/* the arguments are in, the complete list is being read */
	struct file *todo;	/* the complete list: entries that come behind what is still to be read, last first */
	size_t n_todo, cap_todo;
	int io_error;
	int rules_error;	/* why merge files of the client's rules ended it, told already; 0: they did not */
	int64_t total_size;
	struct inodes {		/* -H: a hash table of what was sent */
		struct inode_row {
			struct inode_id id;
			int32_t ndx;	/* -1: free */
		} *rows;
		size_t n, size;
	} inodes;
	bool dot_implied;
	char implied[NAME_BYTES_MAX];	/* -R: the parents sent last, */
	char implied_base[NAME_BYTES_MAX];	/* and where they lie */
};

/* --- flist.c --------------------------------------------------------------------------------- */

/* Tell the client, by a message of that code (MSG_...), and remember that something was not sent. */
void flist_tell(struct flist *s, unsigned code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Something below directory dir could not be listed: say so, in the words of rsync, and remember it. */
void flist_complain(struct flist *s, const char *what, uint32_t dir, const char *path, int err);

/* A piece of the list whose entries are numbered from first on (NULL for lack of memory), its end, and the one that is being
 * filled. */
struct segment *flist_segment_new(int32_t first);
void flist_segment_free(struct segment *seg);
struct segment *flist_newest_segment(const struct flist *s);

/* The part of an entry that only some have. */
struct file_more *flist_more_of(struct file *f);

/* Keep the name, what is behind it and what is in front of it.  link: a symlink's target. */
int flist_keep_names(struct segment *seg, struct file *f, const char *name, const char *link);

/* "dir/name", heap; NULL for lack of memory. */
char *flist_joined(const char *dir, const char *name);

/* A new directory; takes path and fs (NULL is lack of memory).  Its number, or 0. */
uint32_t flist_dir_add(struct flist *s, char *path, char *fs, dev_t dev);

/* --- flist_scan.c ---------------------------------------------------------------------------- */

/* Add one object to the newest segment.  A directory gets a number of its own (flist_dir_add) when its contents will be
 * sent.  link: the target of a symlink, else NULL.  NULL for lack of memory. */
struct file *flist_add_file(struct flist *s, uint32_t dir, const char *name, const struct stat *st, const char *link);

/* Give a directory entry such a number, so that its contents are read later. */
int flist_open_later(struct flist *s, struct file *f, dev_t dev);

/* Is a name of directory dir left out, by the module's rules or by the client's? */
bool flist_left_out(const struct flist *s, uint32_t dir, const char *name, bool is_dir);

/* A link found in directory dir.  1: *st is now what it leads to; 0: it stays a link; negative: it
 * was complained of and is left out. */
int flist_resolve_link(struct flist *s, uint32_t dir, const char *fs, const char *target, struct stat *st);

/* Can the client be told of this entry in its own character set?  If not, it is told that. */
bool flist_can_be_said(struct flist *s, uint32_t dir, const char *name, const char *link);

/* Read one directory into the newest segment. */
int flist_read_dir(struct flist *s, uint32_t dir);
#endif
