/* Tokens of compressed delta data (rsync-wire 7.9): records of compressed bytes, block numbers
 * gathered into runs. */
#ifndef SALLYPORT_SYNCD_WIRE_TOKEN_H
#define SALLYPORT_SYNCD_WIRE_TOKEN_H

#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/cursor.h"

enum { TOKEN_DATA_MAX = 16383 };

/* The run being gathered; start zeroed for each file. */
struct token_run {
	int32_t base;		/* the last block of the run before */
	int32_t first;
	int32_t count;		/* 0: none */
};

/* Add a block; a run that it does not continue is written first. */
void token_block_put(struct buf *b, struct token_run *run, int32_t block);

/* Write the run gathered so far, if any.  To be called before data and before the end. */
void token_run_put(struct buf *b, struct token_run *run);

void token_data_put(struct buf *b, const uint8_t *bytes, size_t n);	/* n <= TOKEN_DATA_MAX */
void token_end_put(struct buf *b);

struct token_record {
	enum { TOKEN_END, TOKEN_DATA, TOKEN_BLOCKS } kind;
	int64_t block;		/* the first of n */
	size_t n;		/* blocks, or bytes of compressed data */
	const uint8_t *bytes;	/* borrowed from the cursor */
};

/* base: the last block of the record of blocks before, 0 at the start of a file.  0, E_SHORT or E_FORMAT; the
 * caller holds the block against the count. */
int token_get(struct cursor *c, int64_t base, struct token_record *ret);

#endif
