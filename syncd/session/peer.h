/* The buffered connection: bytes in and out, the frames around them, never blocking.
 * Phases read s->peer.in and append to peer_out(); the session's loop does the rest. */
#ifndef SALLYPORT_SYNCD_SESSION_PEER_H
#define SALLYPORT_SYNCD_SESSION_PEER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/buf.h"
#include "lib/cursor.h"
#include "syncd/wire/mux.h"

/* A message that came between the data: 0, or the error that ends the session. */
typedef int peer_message(void *arg, unsigned code, const uint8_t *bytes, size_t n);

struct peer {
	int fd;
	bool eof;		/* the peer has shut down its side for writing */
	struct buf in;		/* the data stream, ready for decoding */
	struct buf out;		/* framed bytes, ready for the socket */
	uint64_t total_in, total_out;	/* bytes on the wire, */
	uint64_t hello_in, hello_out;	/* of them before the transfer */
	size_t burst_in, burst_out;	/* at most so many bytes in one call of peer_fill, peer_flush; 0: any */
	uint64_t data_in, data_out;	/* bytes of data in frames that are taken apart and closed */

	bool framed_in;
	enum mux_peer role;
	peer_message *message;
	void *arg;
	struct buf raw;		/* framed input not yet taken apart */
	size_t frame_left;	/* data bytes of the current frame still to come */
	bool pull;		/* frames are taken apart only as they are asked for: see peer_pull */
	bool lazy;		/* one frame at a time: what follows may not be framed */

	bool framed_out;
	bool frame_open;
	size_t frame_at;	/* the open frame's header, counted from out's first byte */

	int file_fd;		/* a piece of a file behind out's last byte */
	off_t file_at;
	size_t file_left;
	bool file_short;	/* the last file ended early: zeros were sent in its place */
	struct buf later;	/* messages that wait until the file piece is through */
};

/* A stream over fd, which stays the caller's; and free its buffers. */
void peer_init(struct peer *p, int fd);
void peer_done(struct peer *p);

/* The transfer begins with what was not yet read, and what is put from now on.  Its bytes are those that both sides tell of:
 * rsync counts no greeting, no arguments and no choice of algorithms. */
void peer_transfer_begins(struct peer *p);
uint64_t peer_transfer_in(const struct peer *p);
uint64_t peer_transfer_out(const struct peer *p);

/* Bytes of the data stream that were read or put so far, without frames and messages: what lies between two such numbers was
 * one file's. */
uint64_t peer_data_in(const struct peer *p);
uint64_t peer_data_out(const struct peer *p);

/* Framing starts for what comes after; what was already read belongs to it. */
int peer_frame_input(struct peer *p, enum mux_peer role, peer_message *message, void *arg);
void peer_frame_output(struct peer *p);

/* The peer stops framing where the data read so far ends (files-from names at protocol 30): the
 * frames before must have been read with peer.lazy set.  peer_frame_input starts it again. */
void peer_unframe_input(struct peer *p);

/* With peer.lazy: take the next frame apart.  1: there was one; 0: not yet; or an error. */
int peer_next_frame(struct peer *p);

/* Bulk data: on, what comes stays in its frames, and is looked at there without a copy; off, all of it is taken
 * apart again.  0 or an error. */
int peer_pull(struct peer *p, bool on);

/* While it is on: see to it that n bytes (few) can be read from peer_unread.  0, E_SHORT, or an error. */
int peer_ensure(struct peer *p, size_t n);

/* While it is on, and nothing is left in peer_unread: up to `most` bytes where they lie, *ret_n of them, to be
 * handed back with peer_bulk_done.  0, E_SHORT, or an error. */
int peer_bulk(struct peer *p, size_t most, const uint8_t **ret, size_t *ret_n);
void peer_bulk_done(struct peer *p, size_t n);

/* A cursor over what can be read now; hand back how far it got. */
struct cursor peer_unread(struct peer *p);
void peer_consume(struct peer *p, const struct cursor *c);

/* Where to append data; opens a frame where framing is on. */
struct buf *peer_out(struct peer *p);

/* len bytes of file_fd (borrowed until peer_writable says 0) follow what is in peer_out; at most MUX_FRAME_SENT_MAX less a
 * header. */
void peer_put_file(struct peer *p, int file_fd, off_t at, size_t len);

/* A message of its own frame; the text is cut to what a client accepts. */
void peer_put_message(struct peer *p, unsigned code, const void *bytes, size_t n);

/* A message that is one number: an index, io_error bits, seconds, an exit code. */
void peer_put_number(struct peer *p, unsigned code, int32_t value);

/* May a producer add more?  False when enough waits already, or a file piece stands behind. */
bool peer_room(const struct peer *p);
bool peer_pending(const struct peer *p);	/* anything left to write */
bool peer_wants_input(const struct peer *p);	/* below the bound on held input */

/* Read what is there.  0 (eof is set at the end), E_WANT_READ, or the error that ends it. */
int peer_fill(struct peer *p);

/* Write what the socket takes, up to a burst.  0: all written; E_WANT_WRITE; or -errno. */
int peer_flush(struct peer *p);

#endif
