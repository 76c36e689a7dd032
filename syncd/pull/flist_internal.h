/* What the rooms of the file list share; nobody else includes it.  flist.c keeps the lists, flist_build.c makes them, flist_scan.c reads
 * directories, flist_args.c looks at what the client names. */
#ifndef SALLYPORT_SYNCD_PULL_FLIST_INTERNAL_H
#define SALLYPORT_SYNCD_PULL_FLIST_INTERNAL_H

#include "syncd/pull/flist.h"

/* A directory announced to the client, in announcing order (rsync-wire 5.9). */
struct listed {
	uint32_t place;		/* 0: a "." or a directory whose contents are not sent */
	uint32_t parent;	/* 1 + listed directory above; 0 at the top */
	uint32_t first, n;	/* its own sub-directories, once its segment is built */
	bool skip;		/* has no segment of its own */
};

enum { SOURCE_ENTRY_STEPS = 1000 };	/* what looking at one name counts as */

struct source {
	struct source_conf conf;
	struct place *places;	/* [0] is never used */
	uint32_t n_places, cap_places;
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

void source_tell(struct source *s, unsigned code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Something below place dir could not be listed: say so, in the words of rsync, and remember it. */
void source_complain(struct source *s, const char *what, uint32_t dir, const char *path, int err);

struct segment *source_segment_new(int32_t first);
void source_segment_free(struct segment *seg);
struct segment *source_newest_segment(const struct source *s);

/* The part of an entry that only some have. */
struct file_more *source_more_of(struct file *f);

/* Keep the name, what is behind it and what is in front of it.  link: a symlink's target. */
int source_keep_names(struct segment *seg, struct file *f, const char *name, const char *link);

/* "dir/name", heap; NULL for lack of memory. */
char *source_joined(const char *dir, const char *name);

/* A new place; takes path and fs (NULL is lack of memory).  Its number, or 0. */
uint32_t source_place_add(struct source *s, char *path, char *fs, dev_t dev);

/* --- flist_scan.c ---------------------------------------------------------------------------- */

/* Add one object to the newest segment.  A directory's place is made when its contents will be
 * sent.  link: the target of a symlink, else NULL.  NULL for lack of memory. */
struct file *source_add_file(struct source *s, uint32_t dir, const char *name, const struct stat *st, const char *link);

/* Give a directory entry a place, so that its contents are read later. */
int source_open_later(struct source *s, struct file *f, dev_t dev);

/* Is a name of place dir left out, by the module's rules or by the client's? */
bool source_left_out(const struct source *s, uint32_t dir, const char *name, bool is_dir);

/* A link found in place dir.  1: *st is now what it leads to; 0: it stays a link; negative: it
 * was complained of and is left out. */
int source_resolve_link(struct source *s, uint32_t dir, const char *fs, const char *target, struct stat *st);

/* Can the client be told of this entry in its own character set?  If not, it is told that. */
bool source_can_be_said(struct source *s, uint32_t dir, const char *name, const char *link);

/* Read one directory into the newest segment. */
int source_read_place(struct source *s, uint32_t dir);
#endif
