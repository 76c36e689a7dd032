/* A daemon over pipes (inetd, remote shell): two descriptors become one socket. */
#include "syncd/stdio_join.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/err.h"

/* One direction. */
struct pump {
	int from, to;		/* -1: ended */
	size_t at, n;		/* held in buf */
	uint8_t buf[65536];
};

bool
stdio_is_one_socket(void)
{
	struct stat in, out;

	return fstat(STDIN_FILENO, &in) == 0 && S_ISSOCK(in.st_mode) && fstat(STDOUT_FILENO, &out) == 0 &&
	    in.st_dev == out.st_dev && in.st_ino == out.st_ino;
}

static bool
in_vain(ssize_t n)
{
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

/* No more comes from there: say so to the other end, once it has all. */
static void
end_pump(struct pump *p)
{
	if (p->to >= 0 && shutdown(p->to, SHUT_WR) < 0 && errno == ENOTSOCK)
		close(p->to);
	p->from = p->to = -1;
	p->n = 0;
}

static void
step(struct pump *p)
{
	ssize_t n;

	if (p->from < 0)
		return;
	if (p->n == 0) {
		if (in_vain(n = read(p->from, p->buf, sizeof p->buf)))
			return;
		if (n <= 0) {
			end_pump(p);
			return;
		}
		p->at = 0;
		p->n = (size_t)n;
	}
	if (in_vain(n = write(p->to, p->buf + p->at, p->n)))
		return;
	if (n < 0) {
		end_pump(p);
		return;
	}
	p->at += (size_t)n;
	p->n -= (size_t)n;
}

static struct pollfd
waits_for(const struct pump *p)
{
	return (struct pollfd){ .fd = p->n > 0 ? p->to : p->from, .events = p->n > 0 ? POLLOUT : POLLIN };
}

static void
set_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags >= 0)
		(void)fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

/* Until the session has closed its end, and all that it said is out. */
static void
move_bytes(int fd)
{
	static struct pump in, out;

	in.from = STDIN_FILENO;
	in.to = out.from = fd;
	out.to = STDOUT_FILENO;
	set_nonblocking(STDIN_FILENO);
	set_nonblocking(STDOUT_FILENO);
	set_nonblocking(fd);
	for (;;) {
		struct pollfd p[3] = { waits_for(&in), waits_for(&out), { .fd = out.from < 0 ? fd : -1, .events = 0 } };

		if (poll(p, ARRAY_LEN(p), -1) < 0 && errno != EINTR)
			return;
		if (p[2].revents != 0)
			return;
		if (p[0].revents != 0)
			step(&in);
		if (p[1].revents != 0)
			step(&out);
		if (out.from < 0 && in.from >= 0)	/* it has said all: some clients wait for our end and never say theirs */
			end_pump(&in);
	}
}

static int
lead_nowhere(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0)
		return -errno;
	close(null);
	return 0;
}

static int
exit_code(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int
stdio_join(int *ret_fd, int *ret_code)
{
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	if ((pid = fork()) < 0) {
		int r = -errno;

		close(pair[0]);
		close(pair[1]);
		return r;
	}
	close(pair[pid == 0 ? 0 : 1]);
	if (pid == 0) {
		*ret_fd = pair[1];
		return lead_nowhere();
	}
	signal(SIGPIPE, SIG_IGN);
	move_bytes(pair[0]);
	close(pair[0]);
	*ret_code = exit_code(pid);
	return 1;
}
