#include "lib/sock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/num.h"
#include "lib/trusted.h"

static const char *
unix_path(const struct addr *a)
{
	return a->ss.ss_family == AF_UNIX ? ((const struct sockaddr_un *)&a->ss)->sun_path : NULL;
}

/* A socket file whose server is gone refuses: then it is ours to replace.  A file that is no
 * socket refuses in the same words, and is somebody's data. */
static void
clear_stale(const struct addr *at)
{
	struct stat st;
	int fd;

	if (lstat(unix_path(at), &st) < 0 || !S_ISSOCK(st.st_mode))
		return;
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) < 0)
		return;
	if (connect(fd, (const struct sockaddr *)&at->ss, at->len) < 0 && errno == ECONNREFUSED)
		unlink(unix_path(at));
	close(fd);
}

int
sock_listen(const struct addr *at, int backlog, int *ret_fd)
{
	return sock_listen_prepared(at, backlog, NULL, NULL, ret_fd);
}

int
sock_listen_prepared(const struct addr *at, int backlog, int (*prepare)(int, void *), void *arg, int *ret_fd)
{
	int fd, on = 1, r;

	fd = socket(at->ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (unix_path(at) != NULL)
		clear_stale(at);
	else
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (at->ss.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
	if ((r = prepare == NULL ? 0 : prepare(fd, arg)) != 0)
		goto fail;
	if (bind(fd, (const struct sockaddr *)&at->ss, at->len) < 0 || listen(fd, backlog) < 0) {
		r = -errno;
		goto fail;
	}
	*ret_fd = fd;
	return 0;
fail:	close(fd);
	return r;
}

static int
is_own_socket(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode) && st.st_nlink == 1 && st.st_uid == geteuid();
}

/* There is no fchmod for what was opened by O_PATH. */
static int
set_mode(int fd, int mode)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return chmod(path, (mode_t)mode) < 0 ? -errno : 0;
}

int
sock_give(const char *path, uid_t uid, gid_t gid, int mode)
{
	char leaf[NAME_MAX + 1];
	int dir = trusted_parent(path, leaf), fd, r = 0;

	if (dir < 0)
		return dir;
	if ((fd = openat(dir, leaf, O_PATH | O_NOFOLLOW | O_CLOEXEC)) < 0)
		r = -errno;
	else if (!is_own_socket(fd))
		r = -ENOTSOCK;
	else if (fchownat(fd, "", uid, gid, AT_EMPTY_PATH) < 0)
		r = -errno;
	else if (mode >= 0)
		r = set_mode(fd, mode);
	if (fd >= 0)
		close(fd);
	close(dir);
	return r;
}

int
sock_connect(const struct addr *to, int *ret_fd)
{
	return sock_connect_prepared(to, NULL, NULL, ret_fd);
}

/* On the loopback a connection is there, or refused, before the first call returns: asked again, the
 * kernel says so, and nobody has to wait for it. */
static int
begin_connect(int fd, const struct addr *to)
{
	int r = connect(fd, (const struct sockaddr *)&to->ss, to->len) < 0 ? -errno : 0;

	if (r == -EINPROGRESS && addr_is_loopback(to))
		r = connect(fd, (const struct sockaddr *)&to->ss, to->len) < 0 ? -errno : 0;
	return r == -EALREADY ? -EINPROGRESS : r;
}

int
sock_connect_prepared(const struct addr *to, int (*prepare)(int fd, void *arg), void *arg, int *ret_fd)
{
	int fd, r = 0;

	fd = socket(to->ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (prepare != NULL)
		r = prepare(fd, arg);
	if (r == 0)
		r = begin_connect(fd, to);
	if (r == 0 || r == -EINPROGRESS)
		*ret_fd = fd;
	else
		close(fd);
	return r;
}

int
sock_error(int fd)
{
	int err = 0;
	socklen_t len = sizeof err;

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) < 0)
		return -errno;
	return -err;
}

void
sock_no_delay(int fd)
{
	const int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void
sock_keep_alive(int fd, int idle, int interval, int unanswered)
{
	const struct { int level, name, value; } options[] = {
		{ SOL_SOCKET, SO_KEEPALIVE, 1 }, { IPPROTO_TCP, TCP_KEEPIDLE, idle }, { IPPROTO_TCP, TCP_KEEPINTVL, interval },
		{ IPPROTO_TCP, TCP_USER_TIMEOUT, unanswered * 1000 },
	};

	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		setsockopt(fd, options[i].level, options[i].name, &options[i].value, sizeof options[i].value);
}

int
sock_set_blocking(int fd, int blocking)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return -errno;
	flags = blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK;
	return fcntl(fd, F_SETFL, flags) < 0 ? -errno : 0;
}

static int
end_of(int fd, int (*ask)(int, struct sockaddr *, socklen_t *), struct addr *ret)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof ss;

	memset(&ss, 0, sizeof ss);
	if (ask(fd, (struct sockaddr *)&ss, &len) < 0)
		return -errno;
	addr_from((const struct sockaddr *)&ss, len, ret);
	return 0;
}

int
sock_peer(int fd, struct addr *ret)
{
	return end_of(fd, getpeername, ret);
}

int
sock_local(int fd, struct addr *ret)
{
	return end_of(fd, getsockname, ret);
}

int
sock_peer_uid(int fd, uid_t *ret)
{
	struct ucred who;
	socklen_t len = sizeof who;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0)
		return -errno;
	*ret = who.uid;
	return 0;
}

int
sock_activation(void)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	int64_t want, n = 0;

	if (pid == NULL || fds == NULL || num_parse(pid, 1, INT32_MAX, &want) != 0 || want != getpid() ||
	    num_parse(fds, 0, 1024, &n) != 0)
		n = 0;
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	for (int fd = SOCK_PASSED; fd < SOCK_PASSED + (int)n; fd++) {
		fcntl(fd, F_SETFD, FD_CLOEXEC);
		sock_set_blocking(fd, 0);
	}
	return (int)n;
}
