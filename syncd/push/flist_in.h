/* The list of files a client sends: decoded entries held in segments, in the order of the wire's
 * sort, found again by index.  Either one complete list, or one segment a directory. */
#ifndef SALLYPORT_SYNCD_PUSH_FLIST_IN_H
#define SALLYPORT_SYNCD_PUSH_FLIST_IN_H

#include <stdbool.h>
#include <stdint.h>

#include "syncd/types.h"
#include "syncd/wire/flist.h"

enum {
	FLIST_IN_FILES_MAX = 1 << 27,	/* entries alive at once */
	FLIST_IN_DIRS_MAX = 1 << 26,
};

/* What only few entries have. */
struct flist_extra {
	const char *link;	/* a symlink's target */
	const uint8_t *sum;	/* -c */
	int64_t atime;
	uint64_t group_dev, group_ino;	/* names of a file share these two; from protocol 30 on 0 and the
					 * wire index of the first of them */
	bool linked;
	uint32_t rdev_major, rdev_minor;
};

enum {	/* in_file.flags */
	IN_TOP_DIR = 1,
	IN_NO_CONTENT = 2,
	IN_DROPPED = 4,		/* a duplicate: keeps its index, and nothing is ever done with it */
	IN_SKIPPED = 8,		/* a directory that was not made: nothing below it is looked at */
	IN_REDO = 16,		/* asked for again after a wrong sum */
	IN_MISSING = 32,	/* mode 0: an argument that is not there, to be deleted */
	IN_AWAITS = 256,	/* values of attributes are on their way */
	IN_TOLD = 512,		/* an item is on its way to the client and back, to be logged */
};

struct flist_file {
	const char *dir;	/* "" at the top */
	const char *name;	/* last component, or "." */
	const struct flist_extra *extra;	/* NULL: nothing in it */
	int64_t size, mtime;
	uint32_t nsec, mode, uid, gid;
	uint32_t seq;		/* position on the wire, from the segment's first */
	uint32_t flags;
	int32_t acl, dflt_acl, xattrs;	/* numbers of sets; -1: none */
};

struct flist_segment {
	int32_t first;		/* index of files[0]; first - 1 is the directory itself */
	int32_t dir;		/* its number; -1: the first list */
	uint32_t n;
	size_t cap;
	struct flist_file *files;	/* sorted */
	uint32_t *place;	/* with wire_order: where in files the one with that number is */
	char **chunks;
	size_t n_chunks, chunk_at, chunk_size;
	bool complete;
	uint32_t pending;	/* entries that something is awaited for */
};

/* A directory announced so far, in the order that numbers it (rsync-wire 5.9). */
struct flist_in_dir {
	char *path;
	struct flist_file file;	/* a copy of its entry, whose list may be gone; its names are its own */
	bool served;		/* its segment came */
};

struct flist_in {
	int version;
	bool incremental, relative;
	bool wire_order;	/* indices count entries as they came, not as they are sorted (rsync-wire 5.13) */
	bool missing_ok;	/* --delete-missing-args: mode 0 has a meaning */
	struct flist_segment **segments;	/* oldest first; [0..oldest) are freed */
	size_t n_segments, cap_segments, oldest;
	struct flist_in_dir *dirs;
	size_t n_dirs, cap_dirs;
	uint32_t alive;		/* entries in segments that are still there */
	int32_t next_first;
};

/* An empty list.  version: the protocol, which decides the order; incremental: a list for each directory (CF_INC_RECURSE);
 * relative: -R.  To be ended with flist_in_done; missing_ok and wire_order are the caller's to set before the first entry. */
void flist_in_init(struct flist_in *l, int version, bool incremental, bool relative);
void flist_in_done(struct flist_in *l);

/* A new segment for directory number dir (-1: the first list).  0, E_FORMAT for a directory that is none
 * or was served before, -ENOMEM. */
int flist_in_begin(struct flist_in *l, int32_t dir);

/* One decoded entry into the newest segment; an abbreviated one takes after the entry that it names, which
 * *ret_first gets (flist_follow is due).  *ret is the place it got, until the next call.
 * 0, E_FORMAT or E_LIMIT for what no honest sender says, -ENOMEM. */
int flist_in_add(struct flist_in *l, const struct flist_entry *e, size_t sum_len, struct flist_file **ret,
    const struct flist_file **ret_first);

/* The newest segment is complete: sort it, drop duplicates, number its directories.  0, E_LIMIT or -ENOMEM. */
int flist_in_end(struct flist_in *l);

/* --prune-empty-dirs: drop the directories of the first list with nothing but directories below. */
void flist_in_prune(struct flist_in *l);

/* The segment that this index would be in; gap indices belong to the one behind them.  NULL: there is none. */
struct flist_segment *flist_in_segment(const struct flist_in *l, int32_t ndx);

/* The index of files[place] of a segment. */
int32_t flist_in_ndx(const struct flist_in *l, const struct flist_segment *seg, uint32_t place);

/* Something more (change 1) or less (-1) is awaited for entry ndx; its segment stays as long as something is. */
void flist_in_pending(struct flist_in *l, int32_t ndx, int change);

/* The entry with this index, which the client names: NULL when there is no such file.  For the index of a directory between
 * segments NULL and the directory's number in *ret_dir, else -1 there. */
struct flist_file *flist_in_find(const struct flist_in *l, int32_t ndx, int32_t *ret_dir);

/* The entry of directory number dir, which a segment lists; NULL: none was announced under it. */
struct flist_file *flist_in_dir_of(const struct flist_in *l, int32_t dir);

/* The entry called name in directory dir ("" at the top), of whatever type, in one segment; NULL: there is none.  Duplicates that
 * were dropped do not count. */
const struct flist_file *flist_in_lookup(const struct flist_segment *seg, int version, const char *dir, const char *name);

/* The oldest segment is finished: it is freed, and its indices name nothing any more. */
void flist_in_release(struct flist_in *l);

/* "dir/name" into dst; "." stays ".".  Returns dst. */
char *flist_in_path(const struct flist_file *f, char dst[NAME_BYTES_MAX]);

#endif
