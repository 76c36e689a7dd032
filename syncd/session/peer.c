/* The connection: buffers, multiplexed frames, messages, sendfile(2) for large data (rsync-wire section 4). */
#include "syncd/session/peer.h"

#include <errno.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/err.h"
#include "syncd/types.h"

enum {
	READ_SIZE = 131072,
	FRAME_MAX = 65536,	/* of inline data, if it comes in small portions */
	ZEROS_SIZE = 32768,
};

void
peer_init(struct peer *p, int fd)
{
	memset(p, 0, sizeof *p);
	p->fd = fd;
	p->file_fd = -1;
}

void
peer_done(struct peer *p)
{
	buf_done(&p->in);
	buf_done(&p->out);
	buf_done(&p->raw);
	buf_done(&p->later);
}

struct cursor
peer_unread(struct peer *p)
{
	return cur_of(buf_head(&p->in), buf_len(&p->in));
}

void
peer_consume(struct peer *p, const struct cursor *c)
{
	buf_consume(&p->in, buf_len(&p->in) - cur_left(c));
}

/* Take one message apart.  E_SHORT: more bytes are needed. */
static int
demux_message(struct peer *p)
{
	struct cursor c = cur_of(buf_head(&p->raw), buf_len(&p->raw));
	const uint8_t *bytes;
	unsigned code;
	size_t len;
	int r;

	if ((r = mux_head_get(&c, p->role, &code, &len)) != 0)
		return r;
	if (code == MSG_DATA) {
		p->frame_left = len;
		buf_consume(&p->raw, MUX_HEAD_SIZE);
		return 0;
	}
	if ((bytes = cur_bytes(&c, len)) == NULL)
		return c.err;
	r = p->message(p->arg, code, bytes, len);
	buf_consume(&p->raw, MUX_HEAD_SIZE + len);
	return r;
}

static int
demux(struct peer *p)
{
	size_t n;
	int r = 0;

	if (p->pull)
		return 0;
	while (r == 0 && buf_len(&p->raw) > 0) {
		if (p->frame_left == 0 && p->lazy && buf_len(&p->in) > 0)
			break;
		if (p->frame_left == 0) {
			r = demux_message(p);
			continue;
		}
		n = buf_len(&p->raw) < p->frame_left ? buf_len(&p->raw) : p->frame_left;
		buf_put(&p->in, buf_head(&p->raw), n);
		buf_consume(&p->raw, n);
		p->frame_left -= n;
		p->data_in += n;
		r = p->in.err;
	}
	return r == E_SHORT ? 0 : r;
}

int
peer_pull(struct peer *p, bool on)
{
	p->pull = on && p->framed_in;
	return on || !p->framed_in ? 0 : demux(p);
}

/* The next frame of data, past messages. */
static int
next_data(struct peer *p)
{
	int r = 0;

	while (r == 0 && p->frame_left == 0)
		r = demux_message(p);
	return r == 0 && buf_len(&p->raw) == 0 ? E_SHORT : r;
}

int
peer_ensure(struct peer *p, size_t n)
{
	int r = 0;

	while (r == 0 && buf_len(&p->in) < n) {
		size_t piece = n - buf_len(&p->in);

		if (!p->pull || (r = next_data(p)) != 0)
			return r == 0 ? E_SHORT : r;
		piece = piece < p->frame_left ? piece : p->frame_left;
		piece = piece < buf_len(&p->raw) ? piece : buf_len(&p->raw);
		buf_put(&p->in, buf_head(&p->raw), piece);
		peer_bulk_done(p, piece);
		r = p->in.err;
	}
	return r;
}

int
peer_bulk(struct peer *p, size_t most, const uint8_t **ret, size_t *ret_n)
{
	int r = p->pull ? next_data(p) : E_SHORT;

	if (r != 0)
		return r;
	most = most < p->frame_left ? most : p->frame_left;
	*ret_n = most < buf_len(&p->raw) ? most : buf_len(&p->raw);
	*ret = buf_head(&p->raw);
	return 0;
}

void
peer_bulk_done(struct peer *p, size_t n)
{
	buf_consume(&p->raw, n);
	p->frame_left -= n;
	p->data_in += n;
}

void
peer_transfer_begins(struct peer *p)
{
	p->hello_in = p->total_in - buf_len(&p->in);
	p->hello_out = p->total_out + buf_len(&p->out);
}

uint64_t
peer_transfer_in(const struct peer *p)
{
	return p->total_in - p->hello_in;
}

uint64_t
peer_transfer_out(const struct peer *p)
{
	return p->total_out - p->hello_out;
}

uint64_t
peer_data_in(const struct peer *p)
{
	return (p->framed_in ? p->data_in : p->total_in) - buf_len(&p->in);
}

uint64_t
peer_data_out(const struct peer *p)
{
	return p->data_out + (p->frame_open ? buf_len(&p->out) - p->frame_at - MUX_HEAD_SIZE : 0);
}

int
peer_frame_input(struct peer *p, enum mux_peer role, peer_message *message, void *arg)
{
	struct buf read_ahead = p->in;

	p->in = (struct buf)BUF_INIT;
	p->raw = read_ahead;
	p->framed_in = true;
	p->role = role;
	p->message = message;
	p->arg = arg;
	return demux(p);
}

void
peer_unframe_input(struct peer *p)
{
	struct buf rest = p->raw;

	buf_done(&p->in);
	p->in = rest;
	p->raw = (struct buf)BUF_INIT;
	p->framed_in = p->lazy = false;
}

int
peer_next_frame(struct peer *p)
{
	size_t had = buf_len(&p->in);
	int r;

	if (!p->lazy || buf_len(&p->raw) == 0)
		return 0;
	p->lazy = false;		/* the frame wanted may be cut: take what has come of it */
	r = p->frame_left > 0 ? 0 : demux_message(p);
	p->lazy = true;
	if (r == 0)
		r = demux(p);
	if (r == E_SHORT)
		r = 0;
	return r != 0 ? r : buf_len(&p->in) > had;
}

void
peer_frame_output(struct peer *p)
{
	p->framed_out = true;
}

/* Portions that came at once made the open frame too large: its first part becomes a frame of its own. */
static void
split_frame(struct peer *p)
{
	const size_t most = FRAME_MAX - MUX_HEAD_SIZE, at = p->frame_at + FRAME_MAX;
	size_t rest = buf_len(&p->out) - at;

	if (buf_reserve(&p->out, MUX_HEAD_SIZE) == NULL)
		return;
	buf_commit(&p->out, MUX_HEAD_SIZE);
	memmove(p->out.data + p->out.head + at + MUX_HEAD_SIZE, p->out.data + p->out.head + at, rest);
	mux_head_write(p->out.data + p->out.head + p->frame_at, MSG_DATA, most);
	p->data_out += most;
	p->frame_at = at;
}

/* Nothing is consumed from out while a frame is open, so frame_at stays true. */
static void
close_frame(struct peer *p, size_t behind)
{
	size_t len;

	while (p->frame_open && p->out.err == 0 && buf_len(&p->out) - p->frame_at + behind > MUX_FRAME_SENT_MAX &&
	    buf_len(&p->out) - p->frame_at > FRAME_MAX)
		split_frame(p);

	if (!p->frame_open)
		return;
	p->frame_open = false;
	if (p->out.err != 0)
		return;
	len = buf_len(&p->out) - p->frame_at - MUX_HEAD_SIZE;
	p->data_out += len + behind;
	if (len + behind == 0)
		p->out.tail -= MUX_HEAD_SIZE;	/* opened and not used */
	else
		mux_head_write(p->out.data + p->out.head + p->frame_at, MSG_DATA, len + behind);
}

struct buf *
peer_out(struct peer *p)
{
	if (!p->framed_out)
		return &p->out;
	if (p->frame_open && buf_len(&p->out) - p->frame_at >= FRAME_MAX)
		close_frame(p, 0);
	if (!p->frame_open) {
		p->frame_at = buf_len(&p->out);
		p->frame_open = true;
		mux_head_put(&p->out, MSG_DATA, 0);
	}
	return &p->out;
}

void
peer_put_file(struct peer *p, int file_fd, off_t at, size_t len)
{
	peer_out(p);
	if (buf_len(&p->out) - p->frame_at + len > MUX_FRAME_SENT_MAX) {
		close_frame(p, 0);
		peer_out(p);
	}
	close_frame(p, len);
	p->file_fd = file_fd;
	p->file_at = at;
	p->file_left = len;
	p->file_short = false;
}

void
peer_put_message(struct peer *p, unsigned code, const void *bytes, size_t n)
{
	struct buf *b = p->file_left > 0 ? &p->later : &p->out;	/* never into a frame */

	if (n > LINE_MAX_BYTES)
		n = LINE_MAX_BYTES;
	close_frame(p, 0);
	mux_head_put(b, code, n);
	buf_put(b, bytes, n);
}

void
peer_put_number(struct peer *p, unsigned code, int32_t value)
{
	uint32_t v = (uint32_t)value;
	uint8_t le[4] = { (uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24) };

	peer_put_message(p, code, le, sizeof le);
}

bool
peer_room(const struct peer *p)
{
	return p->file_left == 0 && buf_len(&p->out) < PEER_OUT_HIGH;
}

bool
peer_pending(const struct peer *p)
{
	return buf_len(&p->out) > 0 || p->file_left > 0 || buf_len(&p->later) > 0;
}

bool
peer_wants_input(const struct peer *p)
{
	return !p->eof && buf_len(&p->in) + buf_len(&p->raw) < PEER_IN_MAX;
}

int
peer_fill(struct peer *p)
{
	struct buf *b = p->framed_in ? &p->raw : &p->in;
	size_t most = p->burst_in != 0 && p->burst_in < READ_SIZE ? p->burst_in : READ_SIZE;
	uint8_t *at = buf_reserve(b, READ_SIZE);
	ssize_t n;

	if (at == NULL)
		return b->err;
	n = read(p->fd, at, most);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? E_WANT_READ : -errno;
	if (n == 0) {
		p->eof = true;
		return 0;
	}
	buf_commit(b, (size_t)n);
	p->total_in += (size_t)n;
	return p->framed_in ? demux(p) : 0;
}

/* The file ended before its time: the count was promised, so zeros take the missing place. */
static void
pad_file(struct peer *p)
{
	static const uint8_t zeros[ZEROS_SIZE];
	size_t n = p->file_left < ZEROS_SIZE ? p->file_left : ZEROS_SIZE;

	p->file_short = true;
	buf_put(&p->out, zeros, n);
	p->file_left -= n;
}

/* Does the error say that the connection is broken?  One that is not among these, and does, is met again when the next
 * bytes are sent. */
static bool
of_socket(int err)
{
	static const int errors[] = {
		EPIPE, ECONNRESET, ECONNABORTED, ENOTCONN, ETIMEDOUT, EHOSTUNREACH, EHOSTDOWN, ENETUNREACH, ENETDOWN, ENETRESET, ENOBUFS,
	};

	for (size_t i = 0; i < ARRAY_LEN(errors); i++)
		if (errors[i] == err)
			return true;
	return false;
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static int
flush_file(struct peer *p, size_t most)
{
	ssize_t n;

	if (p->file_short) {
		pad_file(p);
		return 0;
	}
	n = sendfile(p->fd, p->file_fd, &p->file_at, least(p->file_left, most));
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return E_WANT_WRITE;
	if (n < 0 && of_socket(errno))
		return -errno;
	if (n <= 0) {		/* it ended early, or cannot be read: that file is broken, the connection is not */
		pad_file(p);
		return 0;
	}
	p->file_left -= (size_t)n;
	p->total_out += (size_t)n;
	return 0;
}

int
peer_flush(struct peer *p)
{
	const uint64_t end = p->burst_out == 0 ? UINT64_MAX : p->total_out + p->burst_out;
	ssize_t n;
	int r = 0;

	close_frame(p, 0);
	if (p->out.err != 0)
		return p->out.err;
	while (r == 0 && peer_pending(p)) {
		size_t most = (size_t)(end - p->total_out);

		if (most == 0)
			return E_WANT_WRITE;
		if (p->file_left == 0 && buf_len(&p->later) > 0) {
			buf_put(&p->out, buf_head(&p->later), buf_len(&p->later));
			buf_clear(&p->later);
		}
		if (buf_len(&p->out) == 0) {
			r = flush_file(p, most);
			continue;
		}
		n = send(p->fd, buf_head(&p->out), least(buf_len(&p->out), most), MSG_NOSIGNAL | (p->file_left > 0 ? MSG_MORE : 0));
		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? E_WANT_WRITE : -errno;
		buf_consume(&p->out, (size_t)n);
		p->total_out += (size_t)n;
	}
	return r;
}
