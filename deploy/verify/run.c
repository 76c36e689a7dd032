#include "deploy/verify/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/loop.h"

enum { EXIT_EXEC = 127, CHUNK = 65536 };

extern char **environ;

/* In the new process. */
static _Noreturn void
become(const char *const argv[], const struct run *how, int in, int out)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setpgid(0, 0);
	if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0 ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || (how->network >= 0 && setns(how->network, CLONE_NEWNET) < 0))
		_exit(EXIT_EXEC);
	execve(argv[0], (char **)argv, how->environment != NULL ? (char **)how->environment : environ);
	_exit(EXIT_EXEC);
}

/* A descriptor that holds the text, to be read from its start. */
static int
input_of(const char *text)
{
	int fd;

	if (text == NULL)
		return open("/dev/null", O_RDONLY | O_CLOEXEC);
	if ((fd = memfd_create("input", MFD_CLOEXEC)) < 0)
		return -1;
	if (write(fd, text, strlen(text)) == (ssize_t)strlen(text) && lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	close(fd);
	return -1;
}

/* 0 at the end of what it says, or -errno. */
static int
hear(int fd, struct buf *ret)
{
	uint64_t due = loop_clock() + RUN_SECONDS * 1000;

	for (;;) {
		uint64_t now = loop_clock();
		struct pollfd p = { .fd = fd, .events = POLLIN };
		uint8_t *room;
		ssize_t n;

		if (now >= due)
			return -ETIME;
		if (buf_len(ret) > RUN_OUTPUT_MAX)
			return -EFBIG;
		if (poll(&p, 1, (int)(due - now)) <= 0)
			continue;
		if ((room = buf_reserve(ret, CHUNK)) == NULL)
			return -ENOMEM;
		if ((n = read(fd, room, CHUNK)) <= 0)
			return n == 0 ? 0 : -errno;
		buf_commit(ret, (size_t)n);
	}
}

/* It has closed its output, or is given up: no process of its group stays. */
static int
ended(pid_t pid, int error)
{
	siginfo_t info;
	int status;

	if (error != 0)
		kill(-pid, SIGKILL);
	while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) < 0)
		if (errno != EINTR)
			return -errno;
	kill(-pid, SIGKILL);		/* before its number can be somebody else's */
	waitpid(pid, &status, 0);
	if (error != 0)
		return error;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -ECHILD;
}

int
run_program(const char *const argv[], const struct run *how, struct buf *ret)
{
	int in = input_of(how->input), ends[2], r;
	pid_t pid;

	if (in < 0)
		return -errno;
	if (pipe2(ends, O_CLOEXEC) < 0) {
		r = -errno;
		close(in);
		return r;
	}
	if ((pid = fork()) == 0)
		become(argv, how, in, ends[1]);
	r = pid < 0 ? -errno : 0;
	close(in);
	close(ends[1]);
	if (pid > 0) {
		setpgid(pid, pid);	/* here too: whoever comes first */
		r = ended(pid, hear(ends[0], ret));
	}
	close(ends[0]);
	return r;
}

int
run_network(void)
{
	int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), made = -1, r = 0;

	if (own < 0)
		return -errno;
	if (unshare(CLONE_NEWNET) < 0 || (made = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)) < 0)
		r = -errno;
	if (setns(own, CLONE_NEWNET) < 0 && r == 0)
		r = -errno;
	close(own);
	if (r != 0 && made >= 0)
		close(made);
	return r != 0 ? r : made;
}

int
run_find(const char *program, char *dst, size_t size)
{
	static const char *const places[] = { "/usr/sbin", "/usr/bin", "/sbin", "/bin" };

	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		int n = snprintf(dst, size, "%s/%s", places[i], program);

		if (n > 0 && (size_t)n < size && access(dst, X_OK) == 0)
			return 0;
	}
	return -ENOENT;
}
