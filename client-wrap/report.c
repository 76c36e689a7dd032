#include "client-wrap/report.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "lib/cursor.h"
#include "lib/loop.h"

enum { HEAD = 3, PIECE = 4096 };

/* A letter, a length of two bytes, the message. */
static void
say(int fd, char kind, const void *bytes, size_t n)
{
	uint8_t message[HEAD + REPORT_SESSION_MAX];

	if (fd < 0 || n > REPORT_SESSION_MAX)
		return;
	message[0] = (uint8_t)kind;
	message[1] = (uint8_t)n;
	message[2] = (uint8_t)(n >> 8);
	memcpy(message + HEAD, bytes, n);
	(void)!write(fd, message, HEAD + n);
}

void
report_scope(int fd, const uint8_t scope[REPORT_SCOPE])
{
	say(fd, 's', scope, REPORT_SCOPE);
}

void
report_session(int fd, const uint8_t *bytes, size_t n)
{
	say(fd, 't', bytes, n);
}

void
report_status(int fd, int status)
{
	uint8_t byte = (uint8_t)status;

	say(fd, 'e', &byte, 1);
}

void
report_parse(const uint8_t *bytes, size_t n, struct report *ret)
{
	struct cursor c = cur_of(bytes, n);

	*ret = (struct report){ .status = 0 };
	while (cur_left(&c) > 0) {
		uint8_t kind = cur_u8(&c);
		size_t len = cur_le16(&c);
		const uint8_t *at = cur_bytes(&c, len);

		if (at == NULL)
			return;
		if (kind == 's' && len == REPORT_SCOPE && ret->scope == NULL) {
			ret->scope = at;
		} else if (kind == 't' && len > 0) {
			ret->session = at;
			ret->n_session = len;
		} else if (kind == 'e' && len == 1) {
			ret->status = at[0];
		}
	}
}

void
report_read(int fd, int wait_ms, struct buf *text)
{
	uint64_t now = loop_clock(), until = now + (uint64_t)wait_ms;
	struct pollfd p = { fd, POLLIN, 0 };
	ssize_t n = 1;

	for (; n > 0 && now <= until && buf_len(text) < REPORT_MAX; now = loop_clock()) {
		uint8_t *at = buf_reserve(text, PIECE);

		if (at == NULL || (poll(&p, 1, (int)(until - now)) < 0 && errno != EINTR))
			return;
		if (p.revents == 0)
			continue;
		if ((n = read(fd, at, PIECE)) > 0)
			buf_commit(text, (size_t)n);
	}
}
