/* File indices and item flags (rsync-wire 3.7 and 7.1).  From protocol 30 an index is coded
 * against the one before it: one state per direction for the whole connection. */
#ifndef SALLYPORT_SYNCD_WIRE_NDX_H
#define SALLYPORT_SYNCD_WIRE_NDX_H

#include <stdint.h>

#include "lib/buf.h"
#include "lib/cursor.h"

enum {
	NDX_DONE = -1,
	NDX_FLIST_EOF = -2,
	NDX_DEL_STATS = -3,
	NDX_FLIST_OFFSET = -101,	/* -101 - d announces the contents of directory d */
};

struct ndx_state {
	int32_t positive, negative;	/* the values before */
};

#define NDX_STATE_INIT { -1, 1 }

/* Append an index in the form of that protocol; below 30 st does not matter (rsync-wire 7.2). */
void ndx_put(struct buf *b, int version, struct ndx_state *st, int32_t ndx);

/* The state is changed only when the whole index was there. */
int32_t ndx_get(struct cursor *c, int version, struct ndx_state *st);

enum {	/* item flags: what differed, */
	REPORT_ATIME = 0x0001, REPORT_CHANGE = 0x0002, REPORT_SIZE = 0x0004, REPORT_TIME = 0x0008, REPORT_PERMS = 0x0010,
	REPORT_OWNER = 0x0020, REPORT_GROUP = 0x0040, REPORT_ACL = 0x0080, REPORT_XATTR = 0x0100,
};

enum {	/* and what becomes of it */
	ITEM_BASIS_TYPE_FOLLOWS = 0x0800,
	ITEM_XNAME_FOLLOWS = 0x1000,
	ITEM_IS_NEW = 0x2000,
	ITEM_LOCAL_CHANGE = 0x4000,
	ITEM_TRANSFER = 0x8000,
};

enum {
	BASIS_DEST = 0x80,	/* the destination file itself */
	BASIS_PARTIAL_DIR = 0x81,
};

/* What follows an index from protocol 29 on. */
struct item {
	uint16_t flags;
	uint8_t basis;
	const char *xname;	/* borrowed from the cursor */
	size_t xname_len;
};

void item_put(struct buf *b, const struct item *it);
int item_get(struct cursor *c, struct item *ret);	/* the cursor's error */

#endif
