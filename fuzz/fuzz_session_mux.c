/* The framed input of a session, fed through a socket in pieces that the first byte chooses:
 * however it is cut, the same bytes come out, the same messages, the same error. */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/err.h"
#include "syncd/session/peer.h"
#include "syncd/wire/mux.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	struct buf messages;
	int r;
};

static int
message(void *arg, unsigned code, const uint8_t *bytes, size_t n)
{
	struct seen *s = arg;

	buf_u8(&s->messages, (uint8_t)code);
	buf_le32(&s->messages, (uint32_t)n);
	buf_put(&s->messages, bytes, n);
	return code == MSG_ERROR_EXIT ? E_PEER : 0;
}

static void
feed(const uint8_t *data, size_t size, size_t piece, struct peer *p, struct seen *s)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) < 0)
		abort();
	peer_init(p, fds[0]);
	s->r = peer_frame_input(p, data[0] & 1 ? MUX_PEER_SENDER : MUX_PEER_RECEIVER, message, s);
	for (size_t at = 1; at < size && s->r == 0; at += piece) {
		size_t n = size - at < piece ? size - at : piece;

		if (write(fds[1], data + at, n) != (ssize_t)n)
			abort();
		s->r = peer_fill(p);
	}
	close(fds[0]);
	close(fds[1]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen whole = { BUF_INIT, 0 }, cut = { BUF_INIT, 0 };
	struct peer a, b;

	if (size < 2 || size > 20000)
		return 0;
	feed(data, size, size, &a, &whole);
	feed(data, size, 1 + data[0] % 13, &b, &cut);
	if (whole.r != cut.r || buf_len(&whole.messages) != buf_len(&cut.messages) ||
	    memcmp(buf_head(&whole.messages), buf_head(&cut.messages), buf_len(&cut.messages)) != 0)
		abort();
	if (buf_len(&a.in) != buf_len(&b.in) || memcmp(buf_head(&a.in), buf_head(&b.in), buf_len(&a.in)) != 0)
		abort();
	peer_done(&a);
	peer_done(&b);
	buf_done(&whole.messages);
	buf_done(&cut.messages);
	return 0;
}
