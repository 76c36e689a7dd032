#include "client-wrap/speak.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int
speak_receive(struct link *l, struct buf *in)
{
	struct stream *s = &l->tls.s;
	ssize_t n = E_WANT_READ;
	uint8_t *at;
	int r = 0;

	while (r == 0 && (n == E_WANT_READ || n == E_WANT_WRITE)) {
		if ((at = buf_reserve(in, 4096)) == NULL)
			return -ENOMEM;
		if ((n = s->ops->read(s, at, 4096)) > 0)
			buf_commit(in, (size_t)n);
		else if (n == E_WANT_READ || n == E_WANT_WRITE)
			r = deadline_wait(&l->deadline, l->fd, n == E_WANT_READ ? POLLIN : POLLOUT);
	}
	return r != 0 ? r : n > 0 ? 0 : n == 0 ? E_EOF : (int)n;
}

int
speak_send(struct link *l, const void *bytes, size_t n)
{
	struct stream *s = &l->tls.s;
	const uint8_t *at = bytes;
	ssize_t put;
	int r;

	while (n > 0) {
		if ((put = s->ops->write(s, at, n)) > 0) {
			at += put;
			n -= (size_t)put;
		} else if (put != E_WANT_WRITE) {
			return (int)put;
		} else if ((r = deadline_wait(&l->deadline, l->fd, POLLOUT)) != 0) {
			return r;
		}
	}
	while ((r = s->ops->flush(s)) == E_WANT_WRITE)
		if ((r = deadline_wait(&l->deadline, l->fd, POLLOUT)) != 0)
			return r;
	return r;
}

int
speak_line(struct link *l, struct buf *in, size_t max, char *dst, size_t size)
{
	const uint8_t *end;
	size_t n;
	int r;

	while ((end = memchr(buf_head(in), '\n', buf_len(in))) == NULL) {
		if (buf_len(in) > max)
			return E_LIMIT;
		if ((r = speak_receive(l, in)) != 0)
			return r;
	}
	n = (size_t)(end - buf_head(in));
	snprintf(dst, size, "%.*s", (int)n, (const char *)buf_head(in));
	buf_consume(in, n + 1);
	return 0;
}
