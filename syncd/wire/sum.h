/* Sum head and block sums (rsync-wire 7.5), and the tokens of plain delta data (7.8). */
#ifndef SALLYPORT_SYNCD_WIRE_SUM_H
#define SALLYPORT_SYNCD_WIRE_SUM_H

#include <stdint.h>

#include "lib/buf.h"
#include "lib/cursor.h"

struct sum_head {
	int32_t count;		/* blocks */
	int32_t block;		/* bytes in each but the last */
	int32_t digest;		/* bytes of strong sum sent for each */
	int32_t tail;		/* bytes in the last one if it is shorter, else 0 */
};

enum { SUM_HEAD_SIZE = 16, TOKEN_LITERAL_MAX = 32768 };

/* Append the head of a file's block sums (rsync-wire 7.5). */
void sum_head_put(struct buf *b, const struct sum_head *h);

/* digest_len is the length of the transfer checksum, version the protocol: both bound the head.
 * 0, E_SHORT, E_LIMIT or E_FORMAT. */
int sum_head_get(struct cursor *c, int version, size_t digest_len, struct sum_head *ret);

/* Tokens: n > 0 literal bytes follow; a match names block -(n+1); 0 ends the file. */
static inline int32_t
token_of_block(int32_t block)
{
	return -(block + 1);
}

#endif
