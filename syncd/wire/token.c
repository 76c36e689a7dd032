#include "syncd/wire/token.h"

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
