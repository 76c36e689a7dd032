/* Find the blocks of a peer's file in ours (rsync-wire 7.7).  Pure: windows of bytes in,
 * literal runs and block numbers out. */
#ifndef SALLYPORT_SYNCD_DELTA_MATCH_H
#define SALLYPORT_SYNCD_DELTA_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/work.h"
#include "syncd/delta/strong.h"

/* The sums of the peer's blocks. */
struct block_sums {
	size_t count;
	size_t block, tail;	/* tail: length of the last block when it is shorter, else 0 */
	size_t digest;		/* bytes of strong sum kept for each */
	const uint32_t *weak;
	const uint8_t *strong;
};

struct match;

enum match_kind {
	MATCH_LITERAL,	/* send data[at .. at+len) of the window, which is then done with */
	MATCH_BLOCK,	/* block `block` of the peer equals data[at .. at+len) */
	MATCH_MORE,	/* slide the window: keep from file offset `keep` on, and add bytes */
	MATCH_END,
};

struct match_event {
	enum match_kind kind;
	size_t at, len;
	int32_t block;
	int64_t keep;
};

/* A piece of our file: data[0] is at file offset `offset`; last: it ends with the file. */
struct match_window {
	const uint8_t *data;
	size_t len;
	int64_t offset;
	bool last;
};

enum { MATCH_LITERAL_MAX = 32768, MATCH_CHAIN_MAX = 1024 };

/* What searching may cost, of all files of a connection together.  Borrowed. */
struct match_cost {
	struct work *work;	/* counts the steps; NULL: nobody does */
	uint64_t spare;		/* bytes looked at in vain beyond MATCH_VAIN_PER_BYTE for each byte of the files: what is
				 * left of it.  With nothing left a file goes as it is from there on: that is always right */
};
enum {
	MATCH_VAIN_SPARE = 64 << 20,	/* what it begins with */
	MATCH_VAIN_PER_BYTE = 32,
	MATCH_STEP_BYTES = 8,	/* what one step along a chain counts as */
};

/* in_place: the peer overwrites its file as it goes, so only blocks at or behind the current
 * offset are still there.  Borrows sums, strong and cost.  0 or -ENOMEM. */
int match_new(const struct block_sums *sums, struct strong *strong, bool in_place, struct match_cost *cost,
    struct match **ret);
void match_free(struct match *m);

/* The window must hold everything from the last `keep` on, and at least block + MATCH_LITERAL_MAX
 * bytes unless it is the last. */
void match_next(struct match *m, const struct match_window *w, struct match_event *ret);

#endif
