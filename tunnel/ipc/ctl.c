#include "tunnel/ipc/ctl.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fdpass.h"

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

int
ctl_recv_bytes(int fd, void *bytes, size_t size, int *ret_fd)
{
	int fds[FDPASS_MAX], r;
	size_t n, n_fds;

	if ((r = fdpass_recv(fd, bytes, size, &n, fds, &n_fds)) != 0)
		return r == -EAGAIN ? E_WANT_READ : r == E_LIMIT ? E_BREACH : E_EOF;
	*ret_fd = n_fds == 1 ? fds[0] : -1;
	for (size_t i = 0; n_fds > 1 && i < n_fds; i++)
		close(fds[i]);
	return n == size ? 0 : E_BREACH;
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
