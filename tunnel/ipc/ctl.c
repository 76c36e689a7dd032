#include "tunnel/ipc/ctl.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/err.h"
#include "lib/fdpass.h"

union control {
	struct cmsghdr head;
	char bytes[CMSG_SPACE(sizeof(int))];
};

int
ctl_pair(int ret_fds[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ret_fds) < 0 ? -errno : 0;
}

int
ctl_send_bytes(int fd, const void *bytes, size_t n, int pass_fd)
{
	return fdpass_send(fd, bytes, n, &pass_fd, pass_fd >= 0, 0);
}

int
ctl_send(int fd, enum ctl what, int pass_fd)
{
	char byte = (char)what;

	return ctl_send_bytes(fd, &byte, 1, pass_fd);
}

/* Not lib/fdpass: where no descriptor is left, the message counts all the same, and its descriptor is -1. */
int
ctl_recv_bytes(int fd, void *bytes, size_t size, int *ret_fd)
{
	struct iovec v = { bytes, size };
	union control control = { 0 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = &control,
	    .msg_controllen = sizeof control.bytes };
	struct cmsghdr *c;
	ssize_t n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);

	if (n < 0 && errno == EAGAIN)
		return E_WANT_READ;
	if (n <= 0)
		return E_EOF;
	*ret_fd = -1;
	c = CMSG_FIRSTHDR(&m);
	if (c != NULL && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(ret_fd, CMSG_DATA(c), sizeof *ret_fd);
	return (size_t)n == size && (m.msg_flags & MSG_TRUNC) == 0 ? 0 : E_BREACH;
}

int
ctl_recv(int fd, enum ctl *ret, int *ret_fd)
{
	char byte;
	int r = ctl_recv_bytes(fd, &byte, 1, ret_fd);

	if (r == 0)
		*ret = (enum ctl)byte;
	return r == E_BREACH ? E_EOF : r;
}
