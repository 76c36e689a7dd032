#include "config.h"

#include "deploy/child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/sock.h"

enum { CHILD_LINE_MAX = 4096, CHILD_EXIT_EXEC = 127 };

static void
say(struct child *c, size_t n)
{
	char line[CHILD_LINE_MAX + 1];

	memcpy(line, buf_head(&c->line), n);
	line[n] = '\0';
	c->said(c->arg, c, line);
}

/* A line is told when it ends, when it is too long to hold, or (last) when nothing follows. */
static void
say_lines(struct child *c, int last)
{
	for (;;) {
		size_t held = buf_len(&c->line), n = held < CHILD_LINE_MAX ? held : CHILD_LINE_MAX;
		const uint8_t *nl = n == 0 ? NULL : memchr(buf_head(&c->line), '\n', n);

		if (nl == NULL && n < CHILD_LINE_MAX && !(last && n > 0))
			return;
		if (nl != NULL)
			n = (size_t)(nl - buf_head(&c->line));
		say(c, n);
		buf_consume(&c->line, n + (nl != NULL));
	}
}

static void
hear(struct child *c)
{
	uint8_t *p;
	ssize_t n;

	while ((p = buf_reserve(&c->line, CHILD_LINE_MAX)) != NULL) {
		if ((n = read(c->out.fd, p, CHILD_LINE_MAX)) <= 0)
			break;
		buf_commit(&c->line, (size_t)n);
		say_lines(c, 0);
	}
	if (p != NULL && n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	loop_unwatch(c->loop, &c->out);		/* nobody holds the other end any more */
}

static void
out_ready(void *arg, uint32_t events)
{
	(void)events;
	hear(arg);
}

/* In the new process.  Only what the parent set aside for itself has to be put back. */
static _Noreturn void
become(const char *const argv[], pid_t parent, int out)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setpgid(0, 0);		/* Ctrl-C is for us; we stop our parts in order */
	unsetenv("NOTIFY_SOCKET");
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0 ||
	    prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || getppid() != parent)
		_exit(CHILD_EXIT_EXEC);
	execv(argv[0], (char **)argv);
	dprintf(STDERR_FILENO, "cannot run %s: %s\n", argv[0], strerror(errno));
	_exit(CHILD_EXIT_EXEC);
}

int
child_start(struct child *c, struct loop *l, const char *const argv[])
{
	pid_t parent = getpid();
	int ends[2], r;

	c->loop = l;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	c->out = (struct watch){ .fd = ends[0], .ready = out_ready, .arg = c };
	if ((r = sock_set_blocking(ends[0], 0)) != 0 || (r = loop_watch(l, &c->out, EPOLLIN)) != 0)
		goto err;
	if ((c->pid = fork()) == 0)
		become(argv, parent, ends[1]);
	if (c->pid < 0) {
		r = -errno;
		c->pid = 0;
		goto err;
	}
	setpgid(c->pid, c->pid);	/* here too: whoever comes first */
	close(ends[1]);
	return 0;
err:	loop_unwatch(l, &c->out);
	close(ends[0]);
	close(ends[1]);
	c->out.fd = -1;
	return r;
}

int
child_reap(struct child *c)
{
	siginfo_t info = { .si_pid = 0 };

	if (c->pid == 0 || waitid(P_PID, (id_t)c->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid == 0)
		return 0;
	kill(-c->pid, SIGKILL);		/* connections it left running; before its number can be somebody else's */
	waitpid(c->pid, &c->status, 0);
	c->pid = 0;
	hear(c);
	say_lines(c, 1);
	return 1;
}

void
child_signal(struct child *c, int signo)
{
	if (c->pid != 0)
		kill(c->pid, signo);
}

void
child_done(struct child *c)
{
	if (c->loop != NULL && c->out.fd >= 0) {
		loop_unwatch(c->loop, &c->out);
		close(c->out.fd);
		c->out.fd = -1;
	}
	buf_done(&c->line);
}

const char *
child_fate(const struct child *c, char *dst, size_t size)
{
	if (WIFSIGNALED(c->status))
		snprintf(dst, size, "was ended by signal %d (%s)", WTERMSIG(c->status), strsignal(WTERMSIG(c->status)));
	else
		snprintf(dst, size, "exited with status %d", WEXITSTATUS(c->status));
	return dst;
}

static int
is_there(char *dst, size_t size, const char *dir, size_t dir_len, const char *between, const char *program)
{
	int n = snprintf(dst, size, "%.*s%s/%s", (int)dir_len, dir, between, program);

	return n > 0 && (size_t)n < size && access(dst, X_OK) == 0;
}

static int
find_in_path(const char *program, char *dst, size_t size)
{
	const char *path = getenv("PATH");

	while (path != NULL && *path != '\0') {
		size_t n = strcspn(path, ":");

		if (n > 0 && path[0] == '/' && is_there(dst, size, path, n, "", program))
			return 0;
		path += n + (path[n] == ':');
	}
	return -ENOENT;
}

int
child_find(const char *env, const char *program, char *dst, size_t size)
{
	const char *given = getenv(env), *slash;
	char self[PATH_MAX];
	ssize_t n;

	if (given != NULL && given[0] != '\0')
		return snprintf(dst, size, "%s", given) < (int)size && access(dst, X_OK) == 0 ? 0 : -ENOENT;
	if ((n = readlink("/proc/self/exe", self, sizeof self - 1)) > 0) {
		self[n] = '\0';
		slash = strrchr(self, '/');
		if (is_there(dst, size, self, (size_t)(slash - self), "", program) ||
		    is_there(dst, size, self, (size_t)(slash - self), "/../sbin", program))
			return 0;
	}
	return find_in_path(program, dst, size);
}
