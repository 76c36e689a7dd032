/* One file-list entry with its "same as last" state (rsync-wire 5.2 to 5.8). */
#ifndef SALLYPORT_SYNCD_WIRE_FLIST_H
#define SALLYPORT_SYNCD_WIRE_FLIST_H

#include <stdbool.h>

#include "lib/buf.h"
#include "lib/cursor.h"
#include "syncd/types.h"

/* Which fields an entry has: fixed for a connection by protocol and options. */
struct flist_form {
	int version;
	unsigned compat;
	bool uid, gid;		/* -o -g */
	bool links;		/* -l */
	bool devices, specials;	/* -D and its halves */
	bool hard_links;	/* -H */
	bool atimes, crtimes;	/* -U -N */
	bool missing;		/* --delete-missing-args: mode 0 is an argument that is not there */
	size_t sum_len;		/* -c: bytes of digest a regular file carries; 0 without */
};

/* The previous entry, per direction and connection; start zeroed. */
struct flist_state {
	char path[NAME_BYTES_MAX];
	size_t path_len;
	int64_t mtime;
	int64_t atime;
	uint64_t dev;
	uint32_t mode, uid, gid, rdev_major, rdev;
	bool any;		/* an entry has gone by */
};

/* Append an entry.  sum: form->sum_len bytes for a regular file, or NULL.
 * 0, or E_LIMIT for a path that does not fit the wire (nothing is written). */
int flist_put(struct buf *b, const struct flist_form *form, struct flist_state *st, const struct entry *e,
    const uint8_t *sum);

/* Behind an abbreviated entry both sides go on from the one it names. */
void flist_follow(const struct flist_form *form, struct flist_state *st, const struct entry *first);

/* What a decoded entry says; its texts point into the caller's struct. */
struct flist_entry {
	char path[NAME_BYTES_MAX];
	char link[NAME_BYTES_MAX];
	char user[256], group[256];
	uint8_t sum[DIGEST_MAX];
	struct entry e;		/* dir stays NULL; name is the full path as sent */
};

enum flist_item { FLIST_ENTRY, FLIST_END };

/* list_first is the index of the current list's first entry: a hard-link reference from there on
 * means that the entry is abbreviated; its other fields are then unset, and flist_follow is due.
 * Decode one entry or the end marker (then *ret_io_error is set).  0, or the cursor's error;
 * with E_SHORT the state is as before, so the call may be repeated with more bytes. */
int flist_get(struct cursor *c, const struct flist_form *form, struct flist_state *st, struct flist_entry *ret,
    int32_t list_first, enum flist_item *ret_item, int32_t *ret_io_error);

/* The end of a list or segment. */
void flist_end_put(struct buf *b, const struct flist_form *form, int io_error);

/* One record of an id list: id, then its name; 0 ends the list (rsync-wire 5.6). */
void idlist_put(struct buf *b, const struct flist_form *form, uint32_t id, const char *name);

/* One such record; at the end *ret_end is true, and name is that of id 0 where it is sent, else "". */
int idlist_get(struct cursor *c, const struct flist_form *form, uint32_t *ret_id, char name[256], bool *ret_end);
void idlist_end_put(struct buf *b, const struct flist_form *form, const char *name_of_zero);

#endif
