/* File indices as deltas, and item flags (rsync-wire 3.7, 7.1). */
#include "syncd/wire/ndx.h"

#include "lib/err.h"
#include "syncd/types.h"
#include "syncd/wire/int.h"

void
ndx_put(struct buf *b, int version, struct ndx_state *st, int32_t ndx)
{
	int32_t *prev = &st->positive;
	int64_t diff;		/* the first index may be the largest, and then is 2^31 from -1 */
	uint32_t value = (uint32_t)ndx;

	if (version < 30) {
		buf_le32(b, (uint32_t)ndx);
		return;
	}
	if (ndx == NDX_DONE) {
		buf_u8(b, 0);
		return;
	}
	if (ndx < 0) {
		buf_u8(b, 0xff);
		value = 0 - (uint32_t)ndx;
		prev = &st->negative;
	}
	diff = (int64_t)value - *prev;
	*prev = (int32_t)value;
	if (diff >= 1 && diff <= 253) {
		buf_u8(b, (uint8_t)diff);
	} else if (diff < 0 || diff > 0x7fff) {
		buf_put(b, (uint8_t[]){ 0xfe, (uint8_t)(0x80 | value >> 24), (uint8_t)value, (uint8_t)(value >> 8),
		    (uint8_t)(value >> 16) }, 5);
	} else {
		buf_put(b, (uint8_t[]){ 0xfe, (uint8_t)(diff >> 8), (uint8_t)diff }, 3);
	}
}

/* The magnitude behind the optional sign byte, or -1 with the cursor's error set. */
static int64_t
magnitude_get(struct cursor *c, uint8_t first, int32_t prev)
{
	uint8_t hi, lo;

	if (first != 0xfe)
		return (int64_t)prev + first;
	hi = cur_u8(c);
	lo = cur_u8(c);
	if (hi & 0x80)
		return (int64_t)((uint32_t)(hi & 0x7f) << 24 | lo | (uint32_t)cur_le16(c) << 8);
	return (int64_t)prev + (hi << 8 | lo);
}

int32_t
ndx_get(struct cursor *c, int version, struct ndx_state *st)
{
	int32_t *prev = &st->positive;
	uint8_t first;
	int64_t v;

	if (version < 30)
		return (int32_t)cur_le32(c);
	first = cur_u8(c);
	if (first == 0)
		return c->err == 0 ? NDX_DONE : 0;
	if (first == 0xff) {
		prev = &st->negative;
		first = cur_u8(c);
	}
	v = magnitude_get(c, first, *prev);
	if (c->err == 0 && v > INT32_MAX)
		cur_fail(c, E_LIMIT);
	if (c->err != 0)
		return 0;
	*prev = (int32_t)v;
	return prev == &st->negative ? -(int32_t)v : (int32_t)v;
}

void
item_put(struct buf *b, const struct item *it)
{
	buf_le16(b, it->flags);
	if (it->flags & ITEM_BASIS_TYPE_FOLLOWS)
		buf_u8(b, it->basis);
	if (it->flags & ITEM_XNAME_FOLLOWS)
		put_vstring(b, it->xname, it->xname_len);
}

int
item_get(struct cursor *c, struct item *ret)
{
	ret->flags = cur_le16(c);
	ret->basis = BASIS_DEST;
	ret->xname = "";
	ret->xname_len = 0;
	if (ret->flags & ITEM_BASIS_TYPE_FOLLOWS)
		ret->basis = cur_u8(c);
	if (ret->flags & ITEM_XNAME_FOLLOWS)
		ret->xname = get_vstring(c, NAME_BYTES_MAX - 1, &ret->xname_len);
	return c->err;
}
