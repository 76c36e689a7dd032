#include "tunnel/helper/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <syslog.h>
#include <termios.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "lib/notify.h"
#include "lib/sock.h"
#include "tunnel/helper/channels.h"
#include "tunnel/helper/helper_children.h"
#include "tunnel/ipc/ctl.h"
#include "tunnel/ipc/spawnmsg.h"
#include "tunnel/conn/worker.h"

enum { ARGS_MAX = 256, SAID_MAX = 512, BACKLOG = 16 };

struct spawner {
	const struct spawn_job *job;
	struct loop *loop;
	struct channels *channels;
	struct helper_children *helpers;	/* children that run no program */
};

struct said {				/* what a child writes to its standard error */
	struct spawner *sp;
	struct watch watch;
	char text[SAID_MAX];
	size_t n;
};

/* --- the pair of sockets -------------------------------------------------------------------- */

static int
listen_somewhere(struct sockaddr_in *at)
{
	socklen_t len = sizeof *at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	*at = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)at, sizeof *at) == 0 && listen(fd, BACKLOG) == 0 &&
	    getsockname(fd, (struct sockaddr *)at, &len) == 0)
		return fd;
	close(fd);
	return -errno;
}

/* Anybody on this machine may have connected there before us: only our own socket is taken. */
static int
accept_own(int listening, int own)
{
	struct sockaddr_in mine, peer;
	socklen_t len = sizeof mine;
	int fd;

	if (getsockname(own, (struct sockaddr *)&mine, &len) < 0)
		return -errno;
	for (int i = 0; i <= BACKLOG; i++) {
		len = sizeof peer;
		if ((fd = accept4(listening, (struct sockaddr *)&peer, &len, SOCK_CLOEXEC)) < 0)
			return -errno;
		if (peer.sin_port == mine.sin_port && peer.sin_addr.s_addr == mine.sin_addr.s_addr)
			return fd;
		close(fd);
	}
	return -ECONNREFUSED;
}

/* TCP on the loopback, as programs started by stunnel find it (stunnel-conf section 14).
 * fds[0] is the worker's, non-blocking; fds[1] the child's. */
static int
tcp_pair(int fds[2])
{
	struct timeval second = { 1, 0 };
	struct sockaddr_in at;
	int listening = listen_somewhere(&at), r = 0;

	if (listening < 0)
		return listening;
	fds[1] = -1;
	if ((fds[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) < 0 ||
	    setsockopt(fds[0], SOL_SOCKET, SO_SNDTIMEO, &second, sizeof second) < 0 ||
	    connect(fds[0], (struct sockaddr *)&at, sizeof at) < 0)
		r = -errno;
	else if ((fds[1] = accept_own(listening, fds[0])) < 0)
		r = fds[1];
	else
		r = sock_set_blocking(fds[0], 0);
	close(listening);
	if (r != 0 && fds[0] >= 0)
		close(fds[0]);
	if (r != 0 && fds[1] >= 0)
		close(fds[1]);
	return r;
}

/* A terminal instead: fds as above.  Nothing is echoed, as nobody types. */
static int
pty_pair(int fds[2])
{
	struct termios raw;

	fds[1] = -1;
	if ((fds[0] = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) < 0)
		return -errno;
	if (grantpt(fds[0]) == 0 && unlockpt(fds[0]) == 0 &&
	    (fds[1] = open(ptsname(fds[0]), O_RDWR | O_NOCTTY | O_CLOEXEC)) >= 0) {
		if (tcgetattr(fds[1], &raw) == 0) {
			cfmakeraw(&raw);
			tcsetattr(fds[1], TCSANOW, &raw);
		}
		return sock_set_blocking(fds[0], 0);
	}
	close(fds[0]);
	return -ENOTTY;
}

/* --- the child ------------------------------------------------------------------------------ */

struct start {
	const struct tun_service *conf;
	const struct spawn_request *req;
	int fd, err_fd;			/* err_fd -1: the spawner's own */
};

static void
split_words(char *text, char **argv)
{
	char *save = NULL;
	size_t n = 0;

	for (char *w = strtok_r(text, " \t", &save); w != NULL && n < ARGS_MAX; w = strtok_r(NULL, " \t", &save))
		argv[n++] = w;
	argv[n] = NULL;
}

/* What is not known of this peer must not be what somebody else left there. */
static void
set_variable(const char *name, const char *value)
{
	if (value[0] != '\0')
		setenv(name, value, 1);
	else
		unsetenv(name);
}

static void
set_environment(const struct spawn_request *req)
{
	char port[16];

	snprintf(port, sizeof port, "%u", (unsigned)req->port);
	set_variable("REMOTE_HOST", req->host);
	set_variable("REMOTE_PORT", req->host[0] == '\0' ? "" : port);
	set_variable("SSL_CLIENT_DN", req->subject);
	set_variable("SSL_CLIENT_I_DN", req->issuer);
	notify_forget();	/* the service manager listens to us, not to what a peer starts */
}

static void
fresh_signals(void)
{
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void
become_program(const struct start *s)
{
	char *argv[ARGS_MAX + 1] = { s->conf->exec, NULL };

	if (dup2(s->fd, STDIN_FILENO) < 0 || dup2(s->fd, STDOUT_FILENO) < 0 ||
	    (s->err_fd >= 0 && dup2(s->err_fd, STDERR_FILENO) < 0))
		_exit(EXIT_FAILURE);
	if (s->conf->exec_args != NULL && s->conf->exec_args[0] != '\0')
		split_words(s->conf->exec_args, argv);
	if (s->conf->pty && (setsid() < 0 || ioctl(STDIN_FILENO, TIOCSCTTY, 0) < 0))
		_exit(EXIT_FAILURE);
	set_environment(s->req);
	fresh_signals();
	execv(s->conf->exec, argv);
	_exit(EXIT_FAILURE);
}

static void
log_said(struct said *s, size_t n)
{
	if (n > 0)
		log_bytes(LOG_NOTICE, NULL, s->text, n);
}

/* Whole lines, or as much as fits. */
static void
log_lines(struct said *s)
{
	char *nl;

	while (s->n > 0 && ((nl = memchr(s->text, '\n', s->n)) != NULL || s->n == sizeof s->text)) {
		size_t n = nl == NULL ? s->n : (size_t)(nl - s->text), past = nl == NULL ? n : n + 1;

		log_said(s, n);
		memmove(s->text, s->text + past, s->n - past);
		s->n -= past;
	}
}

static void
said_ready(void *arg, uint32_t events)
{
	struct said *s = arg;
	ssize_t n = read(s->watch.fd, s->text + s->n, sizeof s->text - s->n);

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0) {
		s->n += (size_t)n;
		log_lines(s);
		return;
	}
	log_said(s, s->n);
	loop_unwatch(s->sp->loop, &s->watch);
	close(s->watch.fd);
	free(s);
}

/* The descriptor for the child to complain to: never the connection, whose bytes it would mix. */
static int
said_new(struct spawner *sp)
{
	struct said *s = calloc(1, sizeof *s);
	int fds[2];

	if (s == NULL || pipe2(fds, O_CLOEXEC) < 0) {
		free(s);
		return -ENOMEM;
	}
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	s->sp = sp;
	s->watch = (struct watch){ .fd = fds[0], .ready = said_ready, .arg = s };
	if (loop_watch(sp->loop, &s->watch, EPOLLIN) == 0)
		return fds[1];
	close(fds[0]);
	close(fds[1]);
	free(s);
	return -ENOMEM;
}

/* 0 with *ret_fd the worker's end, or -errno. */
static int
start_child(struct spawner *sp, const struct spawn_request *req, int *ret_fd, pid_t *ret_pid)
{
	struct start s = { .conf = sp->job->services->v[req->service].conf, .req = req, .err_fd = -1 };
	int fds[2], r = s.conf->pty ? pty_pair(fds) : tcp_pair(fds);

	if (r != 0)
		return r;
	s.fd = fds[1];
	if (!sp->job->keep_stderr && (s.err_fd = said_new(sp)) < 0)
		r = s.err_fd;
	else if ((*ret_pid = fork()) == 0)
		become_program(&s);
	else if (*ret_pid < 0)
		r = -errno;
	close(fds[1]);
	if (s.err_fd >= 0)
		close(s.err_fd);
	if (r != 0)
		close(fds[0]);
	else
		*ret_fd = fds[0];
	return r;
}

/* --- requests ------------------------------------------------------------------------------- */

static int
ends_within(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL;
}

static int
is_sound(const struct spawner *sp, const struct spawn_request *req)
{
	const struct service_set *set = sp->job->services;

	return req->service < set->n && service_may_ask(&set->v[req->service], req->kind) && req->port <= UINT16_MAX &&
	    req->own_port <= UINT16_MAX && ends_within(req->own, sizeof req->own) && ends_within(req->peer, sizeof req->peer) &&
	    ends_within(req->host, sizeof req->host) && ends_within(req->subject, sizeof req->subject) &&
	    ends_within(req->issuer, sizeof req->issuer) && ends_within(req->url, sizeof req->url) &&
	    req->n_body <= sizeof req->body;
}

static int
answer(struct spawner *sp, struct channel *c, const struct spawn_request *req)
{
	struct spawn_answer a = { 0, 0 };
	int fd = -1, r;

	if (req->kind == SPAWN_PROGRAM)
		a.error = start_child(sp, req, &fd, &a.pid);
	else
		a.error = helper_children_add(sp->helpers, c->number, req, &fd);
	r = ctl_send_bytes(c->watch.fd, &a, sizeof a, fd);
	if (fd >= 0)
		close(fd);
	return r;
}

static int
serve(void *arg, struct channel *c)
{
	struct spawner *sp = arg;
	struct spawn_request req;
	ssize_t n = recv(c->watch.fd, &req, sizeof req, MSG_TRUNC);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		return n < 0 ? -errno : E_EOF;
	if ((size_t)n != sizeof req || !is_sound(sp, &req)) {
		log_error("A worker asked for what no worker asks for");
		return E_BREACH;
	}
	return answer(sp, c, &req);
}

/* One request a turn, so that no worker starves another. */
static const struct channel_server server = { .turn = 1, .serve = serve };

static void
child_ended(void *arg, int signo)
{
	struct spawner *sp = arg;
	int status;
	pid_t pid;

	(void)signo;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (helper_children_ended(sp->helpers, pid))
			continue;
		else if (WIFSIGNALED(status))
			log_info("Child process %d terminated on SIG%s", (int)pid, sigabbrev_np(WTERMSIG(status)));
		else
			log_info("Child process %d finished with code %d", (int)pid, WEXITSTATUS(status));
}

static int
spawner_init(struct spawner *sp, const struct spawn_job *job)
{
	sigset_t mask;
	int r;

	*sp = (struct spawner){ .job = job };
	if ((r = loop_new(&sp->loop)) != 0)
		return r;
	if ((r = helper_children_new(sp->loop, job->services, job->filter, &sp->helpers)) != 0)
		goto err0;
	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	if ((r = loop_signals(sp->loop, &mask, child_ended, sp)) != 0 ||
	    (r = channels_new(sp->loop, job->ctl_fd, &server, sp, &sp->channels)) != 0)
		goto err1;
	return 0;
err1:	helper_children_free(sp->helpers);
err0:	loop_free(sp->loop);
	return r;
}

_Noreturn void
spawner_main(const struct spawn_job *job)
{
	struct spawner sp;
	int r;

	worker_reset_signals();
	if ((r = identity_assume(job->id)) != 0) {
		log_error("setuid: %s (%d)", strerror(-r), -r);
		_exit(WORKER_EXIT_ROLE);
	}
	if ((r = spawner_init(&sp, job)) == 0) {
		r = loop_run(sp.loop);
		helper_children_free(sp.helpers);
		loop_free(sp.loop);
	}
	if (r != 0)
		log_error("Spawner: %s (%d)", strerror(-r), -r);
	_exit(r == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
