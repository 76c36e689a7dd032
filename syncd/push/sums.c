/* Block size and digest length for the sums of a file (rsync-wire 7.5). */
#include "syncd/push/sums.h"

#include "syncd/types.h"

enum { BLOCK_LEAST = 700, SMALL_FILE = 490000, DIGEST_LEAST = 2, DIGEST_MOST = 16 };

/* Near the square root of the length, in steps of eight. */
static int64_t
block_length(int64_t len, int64_t most)
{
	int64_t c = 1, block = 0;

	if (len <= SMALL_FILE)
		return BLOCK_LEAST;
	for (int64_t l = len; (l >>= 2) != 0;)
		c <<= 1;
	if (c < 0 || c >= most)
		return most;
	for (; c >= 8; c >>= 1)
		if ((block | c) * (block | c) <= len)
			block |= c;
	return block < BLOCK_LEAST ? BLOCK_LEAST : block;
}

/* Bytes of digest such that a false match in a file of this size stays unlikely. */
static int
digest_length(int64_t len, int64_t block, int most)
{
	int bits = 10, n;

	for (int64_t l = len; (l >>= 1) != 0;)
		bits += 2;
	for (int64_t c = block; (c >>= 1) != 0 && bits != 0;)
		bits--;
	n = (bits + 1 - 32 + 7) / 8;
	n = n < DIGEST_LEAST ? DIGEST_LEAST : n;
	return n > most ? most : n;
}

void
sums_plan(int64_t len, int version, int64_t forced, size_t digest_len, bool full, struct sum_head *ret)
{
	int64_t most = version >= 30 ? BLOCK_MAX : BLOCK_MAX_OLD, block = forced > 0 ? forced : block_length(len, most);
	int digest_most = digest_len < DIGEST_MOST ? (int)digest_len : DIGEST_MOST;

	*ret = (struct sum_head){ 0, 0, 0, 0 };
	if (block > most)
		block = most;
	while (len / block >= SUM_COUNT_MAX && block * 2 <= most)
		block *= 2;
	if (len <= 0 || len / block >= SUM_COUNT_MAX)
		return;
	ret->block = (int32_t)block;
	ret->count = (int32_t)((len + block - 1) / block);
	ret->tail = (int32_t)(len % block);
	ret->digest = full ? digest_most : digest_length(len, block, digest_most);
}
