#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"
#include "tunnel/tls/stream.h"

static ssize_t
tcp_read(struct stream *s, void *dst, size_t n)
{
	struct stream_tcp *t = (struct stream_tcp *)s;
	ssize_t got;

	if (s->remembers && s->drained)
		return E_WANT_READ;
	do
		got = read(t->rfd, dst, n);
	while (got < 0 && errno == EINTR);
	s->drained = got != 0 && got < (ssize_t)n;	/* an end is asked for again */
	if (got >= 0 || (errno == EIO && !t->wfd_is_socket))	/* a terminal whose program is gone */
		return got < 0 ? 0 : got;
	return errno == EAGAIN ? E_WANT_READ : -errno;
}

static ssize_t
tcp_write(struct stream *s, const void *src, size_t n)
{
	struct stream_tcp *t = (struct stream_tcp *)s;
	ssize_t put;

	do
		put = t->wfd_is_socket ? send(t->wfd, src, n, MSG_NOSIGNAL) : write(t->wfd, src, n);
	while (put < 0 && errno == EINTR);
	if (put >= 0)
		return put;
	return errno == EAGAIN ? E_WANT_WRITE : -errno;
}

static int
tcp_flush(struct stream *s)
{
	(void)s;
	return 0;
}

static int
tcp_shut(struct stream *s)
{
	struct stream_tcp *t = (struct stream_tcp *)s;

	if (!t->wfd_is_socket)		/* a pipe ends by its close; the number stays its owner's to close */
		return dup2(t->rfd, t->wfd) < 0 ? -errno : 0;
	return shutdown(t->wfd, SHUT_WR) < 0 && errno != ENOTCONN ? -errno : 0;
}

static const struct stream_ops tcp_ops = { tcp_read, tcp_write, tcp_flush, tcp_shut };

void
stream_tcp_init(struct stream_tcp *t, int rfd, int wfd)
{
	struct stat st;

	*t = (struct stream_tcp){ .s.ops = &tcp_ops, .rfd = rfd, .wfd = wfd,
	    .wfd_is_socket = fstat(wfd, &st) == 0 && S_ISSOCK(st.st_mode) };
}
