/* Tokens of compressed data (rsync-wire 7.9). */
#include "syncd/wire/token.h"

#include <stdbool.h>

#include "lib/err.h"

enum {
	T_END = 0x00,
	T_LONG = 0x20,
	T_RUN_LONG = 0x21,
	T_DATA = 0x40,
	T_REL = 0x80,
	T_RUN_REL = 0xc0,
	REL_MAX = 63,
	RUN_MAX = 65536,
};

void
token_run_put(struct buf *b, struct token_run *run)
{
	int32_t diff = run->first - run->base, more = run->count - 1;

	if (run->count == 0)
		return;
	if (diff >= 0 && diff <= REL_MAX) {
		buf_u8(b, (uint8_t)((more > 0 ? T_RUN_REL : T_REL) + diff));
	} else {
		buf_u8(b, more > 0 ? T_RUN_LONG : T_LONG);
		buf_le32(b, (uint32_t)run->first);
	}
	if (more > 0)
		buf_le16(b, (uint16_t)more);
	run->base = run->first + more;
	run->count = 0;
}

void
token_block_put(struct buf *b, struct token_run *run, int32_t block)
{
	if (run->count > 0 && run->count < RUN_MAX && block == run->first + run->count) {
		run->count++;
		return;
	}
	token_run_put(b, run);
	run->first = block;
	run->count = 1;
}

void
token_data_put(struct buf *b, const uint8_t *bytes, size_t n)
{
	buf_u8(b, (uint8_t)(T_DATA | n >> 8));
	buf_u8(b, (uint8_t)n);
	buf_put(b, bytes, n);
}

void
token_end_put(struct buf *b)
{
	buf_u8(b, T_END);
}

int
token_get(struct cursor *c, int64_t base, struct token_record *ret)
{
	unsigned head = cur_u8(c);
	bool run = head == T_RUN_LONG || head >= T_RUN_REL;

	*ret = (struct token_record){ .kind = TOKEN_BLOCKS, .n = 1 };
	if (head == T_END) {
		ret->kind = TOKEN_END;
		return c->err;
	}
	if (head >= T_DATA && head < T_REL) {
		ret->kind = TOKEN_DATA;
		ret->n = (size_t)(head & 0x3f) << 8 | cur_u8(c);
		ret->bytes = cur_bytes(c, ret->n);
		return c->err;
	}
	if (head == T_LONG || head == T_RUN_LONG)
		ret->block = (int32_t)cur_le32(c);
	else if (head >= T_REL)
		ret->block = base + (head & REL_MAX);
	else
		cur_fail(c, E_FORMAT);
	if (run)
		ret->n += cur_le16(c);
	if (c->err == 0 && ret->block < 0)
		cur_fail(c, E_FORMAT);
	return c->err;
}
