#include "lib/fdpass.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "lib/err.h"

/* Room for the descriptors, aligned as the kernel wants it. */
union control {
	struct cmsghdr head;
	char bytes[CMSG_SPACE(sizeof(int) * FDPASS_MAX)];
};

int
fdpass_send(int fd, const void *bytes, size_t n, const int *fds, size_t n_fds, int flags)
{
	struct iovec v = { (void *)bytes, n };
	union control c;
	struct msghdr msg = { .msg_iov = &v, .msg_iovlen = 1 };
	ssize_t r;

	if (n_fds > FDPASS_MAX)
		return E_LIMIT;
	if (n_fds > 0) {
		memset(&c, 0, sizeof c);
		c.head = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int) * n_fds), .cmsg_level = SOL_SOCKET,
		    .cmsg_type = SCM_RIGHTS };
		memcpy(CMSG_DATA(&c.head), fds, sizeof(int) * n_fds);
		msg.msg_control = &c;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * n_fds);
	}
	do
		r = sendmsg(fd, &msg, MSG_NOSIGNAL | flags);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

static void
take_fds(struct msghdr *msg, int *fds, size_t *ret_n)
{
	*ret_n = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS || *ret_n + n > FDPASS_MAX)
			continue;
		memcpy(fds + *ret_n, CMSG_DATA(c), sizeof(int) * n);
		*ret_n += n;
	}
}

int
fdpass_recv(int fd, void *bytes, size_t size, size_t *ret_n, int fds[FDPASS_MAX], size_t *ret_n_fds)
{
	struct iovec v = { bytes, size };
	union control c;
	struct msghdr msg = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof c };
	ssize_t n;

	do
		n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	take_fds(&msg, fds, ret_n_fds);
	if ((msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
		while (*ret_n_fds > 0)
			close(fds[--*ret_n_fds]);
		return E_LIMIT;
	}
	*ret_n = (size_t)n;
	return n == 0 ? E_EOF : 0;
}
