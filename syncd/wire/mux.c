/* The header of a multiplexed frame: tag and length (rsync-wire section 4). */
#include "syncd/wire/mux.h"

#include "lib/err.h"
#include "syncd/types.h"

enum { MPLEX_BASE = 7 };

/* What a client may send, and how long it may be (rsync-wire 4.2).  A text may be empty. */
static const struct {
	uint8_t code;
	uint8_t from_receiver, from_sender;
	uint32_t min, max;
} table[] = {
	{ MSG_DATA, 1, 1, 0, MUX_LEN_MAX },
	{ MSG_ERROR_XFER, 1, 1, 0, LINE_MAX_BYTES },
	{ MSG_INFO, 1, 1, 0, LINE_MAX_BYTES },
	{ MSG_ERROR, 1, 1, 0, LINE_MAX_BYTES },
	{ MSG_WARNING, 1, 1, 0, LINE_MAX_BYTES },
	{ MSG_IO_ERROR, 1, 1, 4, 4 },
	{ MSG_NOOP, 1, 1, 0, 0 },
	{ MSG_ERROR_EXIT, 1, 1, 0, 4 },
	{ MSG_SUCCESS, 1, 0, 4, 4 },
	{ MSG_NO_SEND, 0, 1, 4, 4 },
};

void
mux_head_write(uint8_t at[MUX_HEAD_SIZE], unsigned code, size_t len)
{
	at[0] = (uint8_t)len;
	at[1] = (uint8_t)(len >> 8);
	at[2] = (uint8_t)(len >> 16);
	at[3] = (uint8_t)(MPLEX_BASE + code);
}

void
mux_head_put(struct buf *b, unsigned code, size_t len)
{
	uint8_t head[MUX_HEAD_SIZE];

	mux_head_write(head, code, len);
	buf_put(b, head, sizeof head);
}

int
mux_head_get(struct cursor *c, enum mux_peer peer, unsigned *ret_code, size_t *ret_len)
{
	uint32_t v = cur_le32(c);
	unsigned tag = v >> 24;
	size_t len = v & MUX_LEN_MAX;

	if (c->err != 0)
		return c->err;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		if (table[i].code + (unsigned)MPLEX_BASE != tag)
			continue;
		if (!(peer == MUX_PEER_RECEIVER ? table[i].from_receiver : table[i].from_sender))
			return E_FORMAT;
		if (len < table[i].min || len > table[i].max || (tag == MSG_ERROR_EXIT + MPLEX_BASE && len % 4 != 0))
			return E_FORMAT;
		*ret_code = table[i].code;
		*ret_len = len;
		return 0;
	}
	return E_FORMAT;
}
