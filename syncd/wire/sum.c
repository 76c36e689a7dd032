/* The head of block sums (rsync-wire 7.5). */
#include "syncd/wire/sum.h"

#include "lib/err.h"
#include "syncd/types.h"

void
sum_head_put(struct buf *b, const struct sum_head *h)
{
	buf_le32(b, (uint32_t)h->count);
	buf_le32(b, (uint32_t)h->block);
	buf_le32(b, (uint32_t)h->digest);
	buf_le32(b, (uint32_t)h->tail);
}

int
sum_head_get(struct cursor *c, int version, size_t digest_len, struct sum_head *ret)
{
	struct sum_head h;

	h.count = (int32_t)cur_le32(c);
	h.block = (int32_t)cur_le32(c);
	h.digest = (int32_t)cur_le32(c);
	h.tail = (int32_t)cur_le32(c);
	if (c->err != 0)
		return c->err;
	if (h.count < 0 || h.count > SUM_COUNT_MAX || h.block < 0 || h.digest < 0 || h.tail < 0 ||
	    h.block > (version >= 30 ? BLOCK_MAX : BLOCK_MAX_OLD) || (size_t)h.digest > digest_len)
		return E_LIMIT;
	if (h.tail > h.block || (h.count > 0 && h.block == 0))
		return E_FORMAT;
	*ret = h;
	return 0;
}
