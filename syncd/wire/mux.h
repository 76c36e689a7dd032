/* The frame header of the multiplexed stream (rsync-wire section 4). */
#ifndef SALLYPORT_SYNCD_WIRE_MUX_H
#define SALLYPORT_SYNCD_WIRE_MUX_H

#include <stdint.h>

#include "lib/buf.h"
#include "lib/cursor.h"

enum {
	MUX_HEAD_SIZE = 4,
	MUX_LEN_MAX = 0xffffff,
	MUX_FRAME_SENT_MAX = 262143,	/* of a frame that we send, its header included: some clients take no more */
	MSG_DATA = 0,
	MSG_ERROR_XFER = 1,
	MSG_INFO = 2,
	MSG_ERROR = 3,
	MSG_WARNING = 4,
	MSG_IO_ERROR = 22,
	MSG_IO_TIMEOUT = 33,
	MSG_NOOP = 42,
	MSG_ERROR_EXIT = 86,
	MSG_SUCCESS = 100,
	MSG_DELETED = 101,
	MSG_NO_SEND = 102,
};

/* The header of a frame of len bytes (at most MUX_LEN_MAX): appended, or written to its place. */
void mux_head_put(struct buf *b, unsigned code, size_t len);
void mux_head_write(uint8_t at[MUX_HEAD_SIZE], unsigned code, size_t len);

/* Which half of the protocol the peer plays decides what it may say. */
enum mux_peer { MUX_PEER_RECEIVER, MUX_PEER_SENDER };

/* Read a header and check it against what such a peer may send at all: 0, E_SHORT, or
 * E_FORMAT for an unknown code or a length that this code never has. */
int mux_head_get(struct cursor *c, enum mux_peer peer, unsigned *ret_code, size_t *ret_len);

#endif
