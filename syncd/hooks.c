#include "syncd/hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "lib/notify.h"
#include "syncd/policy/hook.h"
#include "syncd/spawn.h"

enum { FAILED = 1 << 8, NEVER_BEGAN = 255 << 8, CONVERTER_END_MS = 1000 };	/* wait statuses: exit 1, exit 255 */

/* What one hook is told beyond what all are. */
struct telling {
	const char *what;		/* for messages */
	const char *command;
	const char *request;		/* NULL: nothing of a request */
	const struct buf *args;		/* NULL: none */
	const int *raw;			/* NULL: nothing of an end */
	int in;				/* its standard input */
};

/* --- which ------------------------------------------------------------------------------------ */

static const char *
variable(void *arg, const char *name)
{
	const struct hooks *h = arg;

	return strcmp(name, "RSYNC_MODULE_PATH") == 0 ? h->plan->path : module_variable(&h->facts, name);
}

static int
take(struct hooks *h, char **ret, const char *text, const char *name, char message[MODULE_MESSAGE_SIZE])
{
	bool unfit = module_is_unfit(text, &h->facts);
	int r = unfit ? E_DENIED : text == NULL || text[0] == '\0' ? 0 : hook_command(text, variable, h, ret);

	if (r == 0)
		return 0;
	if (unfit)
		log_error("module %s: %s names the client by its certificate, and \"%s\" is no name for that", h->facts.module, name, h->facts.tls_user);
	else if (r == E_DENIED)
		log_error("refusing to run shell hook: %%VAR%% holds a shell metacharacter");
	else
		log_error("module %s: %s: %s", h->facts.module, name, err_text(r));
	snprintf(message, MODULE_MESSAGE_SIZE, "%s preparation failed", name);
	return E_DENIED;
}

int
hooks_take(struct hooks *h, const struct module_conf *m, const struct module_facts *f, const struct module_plan *plan,
    char message[MODULE_MESSAGE_SIZE])
{
	int r;

	*h = (struct hooks){ .facts = *f, .plan = plan, .as_module = m->exec_as_module && plan->set_ids, .seconds = m->exec_timeout, .ask_fd = -1, .answer_fd = -1 };
	if (getenv("RSYNC_NO_XFER_EXEC") != NULL)
		return 0;
	if ((r = take(h, &h->early, m->early_exec, "early exec", message)) == 0 &&
	    (r = take(h, &h->pre, m->pre_exec, "pre-xfer exec", message)) == 0 &&
	    (r = take(h, &h->converter, m->name_converter, "name converter", message)) == 0)
		r = take(h, &h->post, m->post_exec, "post-xfer exec", message);
	return r;
}

/* It sees the end of its input, and goes; who has not gone after so many ms is killed, with all of its group. */
static void
end_converter(struct hooks *h, int ms)
{
	struct pollfd p = { (int)syscall(SYS_pidfd_open, h->converter_pid, 0), POLLIN, 0 };

	close(h->ask_fd);
	close(h->answer_fd);
	h->ask_fd = h->answer_fd = -1;
	if (p.fd < 0 || poll(&p, 1, ms) <= 0)
		kill(-h->converter_pid, SIGKILL);
	while (waitpid(h->converter_pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (p.fd >= 0)
		close(p.fd);
}

void
hooks_done(struct hooks *h)
{
	free(h->early);
	free(h->pre);
	free(h->post);
	if (h->converter != NULL && h->ask_fd >= 0)
		end_converter(h, CONVERTER_END_MS);
	free(h->converter);
	h->early = h->pre = h->post = h->converter = NULL;
}

/* --- the child -------------------------------------------------------------------------------- */

static void
tell_number(const char *name, long long v)
{
	char text[32];

	snprintf(text, sizeof text, "%lld", v);
	setenv(name, text, 1);
}

static void
tell_args(const struct buf *args)
{
	const char *at = (const char *)buf_head(args), *end = at + buf_len(args);
	char name[32];

	setenv("RSYNC_ARG0", "rsyncd", 1);
	for (unsigned i = 1; at < end; i++, at += strlen(at) + 1) {
		snprintf(name, sizeof name, "RSYNC_ARG%u", i);
		setenv(name, at, 1);
	}
}

/* Nothing of the kind comes from the daemon's own environment. */
static void
tell_text(const char *name, const char *value)
{
	if (value[0] == '\0')
		unsetenv(name);
	else
		setenv(name, value, 1);
}

static void
tell_identity(const struct identity *id)
{
	tell_text("RSYNC_TLS_CN", id->common_name);
	tell_text("RSYNC_TLS_KEY", id->key);
	tell_text("RSYNC_TLS_SAN", id->names);
	tell_text("RSYNC_TLS_ISSUER", id->issuer);
	tell_text("RSYNC_TLS_SERIAL", id->serial);
	tell_text("RSYNC_TLS_VERSION", id->version);
}

static void
tell_all(const struct hooks *h, const struct telling *t)
{
	setenv("RSYNC_MODULE_NAME", h->facts.module, 1);
	setenv("RSYNC_MODULE_PATH", h->plan->path, 1);
	setenv("RSYNC_HOST_NAME", h->facts.host, 1);
	setenv("RSYNC_HOST_ADDR", h->facts.addr, 1);
	setenv("RSYNC_USER_NAME", h->facts.user, 1);
	tell_identity(h->facts.id);
	tell_number("RSYNC_PID", getppid());
	if (t->request != NULL)
		setenv("RSYNC_REQUEST", t->request, 1);
	if (t->args != NULL)
		tell_args(t->args);
	if (t->raw != NULL) {
		tell_number("RSYNC_EXIT_STATUS", WIFEXITED(*t->raw) ? WEXITSTATUS(*t->raw) : -1);
		tell_number("RSYNC_RAW_STATUS", *t->raw);
	}
}

static bool
become(const struct module_plan *p)
{
	return setgroups(p->n_groups, p->groups) == 0 && setresgid(p->gid, p->gid, p->gid) == 0 &&
	    setresuid(p->uid, p->uid, p->uid) == 0;
}

/* Under inetd fd may be where it has to go already, to be closed by the execution. */
static bool
place(int fd, int at)
{
	return fd == at ? fcntl(fd, F_SETFD, 0) == 0 : dup2(fd, at) >= 0;
}

static _Noreturn void
child_main(const struct hooks *h, const struct telling *t, int out)
{
	const char *shell = getenv("RSYNC_SHELL");
	const struct sigaction usual = { .sa_handler = SIG_DFL };
	sigset_t none;

	tell_all(h, t);
	for (int i = 1; i < NSIG; i++)
		sigaction(i, &usual, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setpgid(0, 0);
	notify_forget();
	if (!place(t->in, STDIN_FILENO) || (out >= 0 && !place(out, STDOUT_FILENO)) || close_range(STDERR_FILENO + 1, ~0u, 0) < 0 ||
	    (h->as_module && !become(h->plan)))
		_exit(1);
	if (shell == NULL || shell[0] == '\0')
		shell = "/bin/sh";
	execl(shell, shell, "-c", t->command, (char *)NULL);
	_exit(127);
}

/* --- and who waits for it --------------------------------------------------------------------- */

/* What is there to be read, up to 64 KiB since more may come without end, and what fits of it kept. */
static void
drain(int fd, struct buf *said)
{
	char piece[4096];
	ssize_t n;

	for (int i = 0; i < 16 && (n = read(fd, piece, sizeof piece)) > 0; i++) {
		size_t room = HOOK_SAID_MAX - buf_len(said);

		buf_put(said, piece, (size_t)n < room ? (size_t)n : room);
	}
}

/* 1: it has ended; 0: go on; E_EOF: the peer is gone; E_TIMEOUT; -errno. */
static int
look(int pidfd, int out, int peer_fd, uint64_t due, struct buf *said)
{
	struct pollfd p[3] = { { pidfd, POLLIN, 0 }, { out, POLLIN, 0 }, { peer_fd, POLLRDHUP, 0 } };
	uint64_t now = loop_clock();

	if (now >= due)
		return E_TIMEOUT;
	if (poll(p, 3, (int)(due - now)) < 0)
		return errno == EINTR ? 0 : -errno;
	if (p[1].revents & POLLIN)
		drain(out, said);
	if (p[0].revents != 0)
		return 1;
	if (p[2].revents != 0)
		return E_EOF;
	if (p[1].revents != 0 && (p[1].revents & POLLIN) == 0)	/* it has closed its output, and goes on */
		return look(pidfd, -1, peer_fd, due, said);
	return 0;
}

static int
wait_out(const struct hooks *h, pid_t pid, const struct telling *t, int out, int peer_fd, struct buf *said)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0), r = pidfd < 0 ? -errno : 0, status;
	uint64_t due = loop_clock() + (uint64_t)h->seconds * 1000;

	while (r == 0)
		r = look(pidfd, out, peer_fd, due, said);
	if (r < 0) {
		log_error("%s was killed: %s", t->what, r == E_EOF ? "the client is gone" : err_text(r));
		kill(-pid, SIGKILL);
	} else if (out >= 0) {
		drain(out, said);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (pidfd >= 0)
		close(pidfd);
	return r < 0 ? r == E_TIMEOUT ? FAILED : r : WIFEXITED(status) ? WEXITSTATUS(status) << 8 : FAILED;
}

/* said NULL: what it prints goes where ours does. */
static int
run(const struct hooks *h, const struct telling *t, int peer_fd, struct buf *said)
{
	int fds[2] = { -1, -1 }, r;
	pid_t pid;

	if (said != NULL && pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	if ((pid = fork()) == 0)
		child_main(h, t, fds[1]);
	r = pid < 0 ? -errno : 0;
	if (fds[1] >= 0) {
		close(fds[1]);
		fcntl(fds[0], F_SETFL, O_NONBLOCK);
	}
	if (r == 0) {
		setpgid(pid, pid);	/* whoever of us comes first */
		r = wait_out(h, pid, t, fds[0], peer_fd, said);
	}
	if (fds[0] >= 0)
		close(fds[0]);
	return r;
}

static int
open_null(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* A file in memory with these bytes, to be read from its start. */
static int
open_bytes(const uint8_t *bytes, size_t n)
{
	int fd = spawn_boot(bytes, n);

	if (fd >= 0 && lseek(fd, 0, SEEK_SET) < 0) {
		close(fd);
		return -ESPIPE;
	}
	return fd;
}

static int
run_reading(const struct hooks *h, struct telling *t, int in, int peer_fd, struct buf *said)
{
	int r = in;

	if (in >= 0) {
		t->in = in;
		r = run(h, t, peer_fd, said);
		close(in);
	}
	if (r < 0)
		log_error("module %s: %s: %s", h->facts.module, t->what, err_text(r));
	return r;
}

int
hooks_early(struct hooks *h, const uint8_t *input, size_t n, int peer_fd)
{
	struct telling t = { .what = "early exec", .command = h->early, .request = "(NONE)" };

	h->begun = true;
	return h->early == NULL ? 0 : run_reading(h, &t, n == 0 ? open_null() : open_bytes(input, n), peer_fd, NULL);
}

int
hooks_pre(struct hooks *h, const char *request, const struct buf *args, int peer_fd, struct buf *said)
{
	struct telling t = { .what = "pre-xfer exec", .command = h->pre, .request = request, .args = args };

	return h->pre == NULL ? 0 : run_reading(h, &t, open_null(), peer_fd, said);
}

/* --- names and ids ------------------------------------------------------------------------------ */

static int
start_converter(struct hooks *h, const char *request, const struct buf *args)
{
	struct telling t = { .what = "name converter", .command = h->converter, .request = request, .args = args };
	int ask[2], answer[2];
	pid_t pid;

	if (pipe2(ask, O_CLOEXEC) < 0)
		return -errno;
	if (pipe2(answer, O_CLOEXEC) < 0) {
		close(ask[0]);
		close(ask[1]);
		return -errno;
	}
	t.in = ask[0];
	if ((pid = fork()) == 0)
		child_main(h, &t, answer[1]);
	close(ask[0]);
	close(answer[1]);
	if (pid < 0) {
		close(ask[1]);
		close(answer[0]);
		return -EAGAIN;
	}
	setpgid(pid, pid);
	fcntl(ask[1], F_SETFL, O_NONBLOCK);	/* one that does not read is one that does not answer */
	h->converter_pid = pid;
	h->ask_fd = ask[1];
	h->answer_fd = answer[0];
	return 0;
}

/* A line, without its end.  0, E_EOF, E_TIMEOUT, E_LIMIT or -errno. */
static int
read_answer(int fd, char answer[CONVERTER_LINE_MAX])
{
	uint64_t due = loop_clock() + CONVERTER_SECONDS * 1000, now;

	for (size_t n = 0; n < CONVERTER_LINE_MAX; ) {
		struct pollfd p = { fd, POLLIN, 0 };
		ssize_t got;

		if ((now = loop_clock()) >= due)
			return E_TIMEOUT;
		if (poll(&p, 1, (int)(due - now)) != 1)
			continue;
		if ((got = read(fd, answer + n, 1)) <= 0)
			return got == 0 ? E_EOF : -errno;
		if (answer[n] == '\n') {
			answer[n] = '\0';
			return 0;
		}
		n++;
	}
	return E_LIMIT;
}

int
hooks_convert(struct hooks *h, const char *request, const struct buf *args, const char *kind, const char *token,
    char answer[CONVERTER_LINE_MAX])
{
	char line[CONVERTER_LINE_MAX];
	int n = snprintf(line, sizeof line, "%s %s\n", kind, token), r = 0;

	if (n >= (int)sizeof line)
		r = E_LIMIT;
	else if (h->ask_fd < 0)
		r = start_converter(h, request, args);
	if (r == 0 && write(h->ask_fd, line, (size_t)n) != n)
		r = errno == EPIPE ? E_EOF : errno == EAGAIN ? E_TIMEOUT : -errno;
	if (r == 0)
		r = read_answer(h->answer_fd, answer);
	if (r != 0)
		log_error("Connection to name-converter failed: %s", r == E_EOF ? "it has ended" : err_text(r));
	if (r != 0 && h->ask_fd >= 0)
		end_converter(h, 0);
	return r == 0 ? 0 : E_DENIED;
}

void
hooks_post(struct hooks *h, int raw)
{
	int status = raw < 0 ? NEVER_BEGAN : raw;
	struct telling t = { .what = "post-xfer exec", .command = h->post, .raw = &status };

	if (h->post != NULL && h->begun)
		run_reading(h, &t, open_null(), -1, NULL);
}
