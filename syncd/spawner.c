/* The process that forks all unprivileged ones, so that they inherit neither configuration nor sockets. */
#include "syncd/spawner.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/cursor.h"
#include "lib/err.h"
#include "lib/fdpass.h"
#include "lib/loop.h"
#include "syncd/delta/strong.h"
#include "syncd/exporter.h"
#include "syncd/ledger_signer.h"
#include "syncd/resolver.h"
#include "syncd/roles.h"
#include "syncd/worker.h"

enum { ORDER_SIZE = 64, MEMORY_LOOK_MS = 1000 };

struct spawner;

/* A process that was started. */
struct spawned_child {
	pid_t pid;
	enum spawn_kind kind;
	struct watch control;	/* closed at the other end: kill it */
	int over_memory;	/* we ended it for that */
	struct spawner *spawner;
	struct spawned_child *next;
};

struct spawner {
	struct loop *loop;
	struct watch orders;
	struct roles roles;
	struct spawned_child *children;
	struct timer look;	/* at the memory of all sessions */
	uint64_t memory_max;
};

static int (*const runs[SPAWN_KINDS])(const struct roles *, const struct process_job *) = {
	[SPAWN_WORKER] = worker_main, [SPAWN_SESSION] = session_main, [SPAWN_RESOLVER] = resolver_main,
	[SPAWN_EXPORTER] = exporter_main, [SPAWN_SIGNER] = ledger_signer_main,
};

static void
child_free(struct spawned_child *c)
{
	struct spawned_child **at = &c->spawner->children;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	loop_unwatch(c->spawner->loop, &c->control);
	close(c->control.fd);
	free(c);
}

/* Nobody wants it any more, or its monitor has died. */
static void
control_ready(void *arg, uint32_t events)
{
	struct spawned_child *c = arg;

	(void)events;
	kill(c->pid, SIGKILL);
	loop_unwatch(c->spawner->loop, &c->control);	/* it is reaped like any other */
}

/* --- memory of all sessions together ------------------------------------------------------- */

/* Bytes that are a process's own: resident, and not shared with a file or us. */
static uint64_t
memory_of(pid_t pid)
{
	char path[32], text[128];
	unsigned long long resident = 0, shared = 0;
	int fd;
	ssize_t n;

	snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		return 0;
	n = read(fd, text, sizeof text - 1);
	close(fd);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	if (sscanf(text, "%*u %llu %llu", &resident, &shared) != 2 || shared > resident)
		return 0;
	return (resident - shared) * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Too much all together: the largest goes, and its monitor is told why. */
static void
look_at_memory(void *arg)
{
	struct spawner *sp = arg;
	struct spawned_child *largest = NULL;
	uint64_t most = 0, all = 0;

	for (struct spawned_child *c = sp->children; c != NULL; c = c->next) {
		uint64_t own = c->kind == SPAWN_SESSION ? memory_of(c->pid) : 0;

		all += own;
		if (own > most) {
			most = own;
			largest = c;
		}
	}
	if (largest != NULL && all > sp->memory_max) {
		largest->over_memory = SPAWN_OVER_MEMORY;
		kill(largest->pid, SIGKILL);
	}
	if (sp->children != NULL && sp->memory_max != 0)
		loop_timer(sp->loop, &sp->look, MEMORY_LOOK_MS);
}

/* --- orders -------------------------------------------------------------------------------- */

static _Noreturn void
run_child(struct spawner *sp, enum spawn_kind kind, const struct process_job *job)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	_exit(runs[kind](&sp->roles, job));
}

static void
start_child(struct spawner *sp, enum spawn_kind kind, struct process_job *job, int control)
{
	struct spawned_child *c = calloc(1, sizeof *c);

	if (c == NULL || (c->pid = fork()) < 0) {	/* the channel ends, and that tells */
		free(c);
		close(control);
		return;
	}
	if (c->pid == 0)
		run_child(sp, kind, job);
	c->kind = kind;
	c->spawner = sp;
	c->next = sp->children;
	sp->children = c;
	c->control = (struct watch){ .fd = control, .ready = control_ready, .arg = c };
	loop_watch(sp->loop, &c->control, EPOLLRDHUP);
	if (kind == SPAWN_SESSION && sp->memory_max != 0 && sp->look.slot == 0)
		loop_timer(sp->loop, &sp->look, MEMORY_LOOK_MS);
}

/* The order's descriptors, each in its place; -1 where none came. */
static int
place_fds(unsigned present, const int *came, size_t n, int fds[SPAWN_FDS])
{
	size_t at = 0;

	for (int i = 0; i < SPAWN_FDS; i++) {
		fds[i] = -1;
		if (present & 1u << i) {
			if (at >= n)
				return E_FORMAT;
			fds[i] = came[at++];
		}
	}
	return at == n && fds[SPAWN_CONTROL] >= 0 && fds[SPAWN_CHANNEL] >= 0 ? 0 : E_FORMAT;
}

static void
take_order(struct spawner *sp, struct cursor *c, const int *came, size_t n)
{
	int fds[SPAWN_FDS];
	unsigned kind = cur_u8(c), present = cur_u8(c);
	struct process_job job = { .peer_fd = -1 };
	uint64_t memory_max;

	job.deadline = cur_le64(c);
	job.greeted = cur_le32(c);
	job.proxied = cur_u8(c) != 0;
	memory_max = cur_le64(c);

	if (c->err != 0 || kind >= SPAWN_KINDS || place_fds(present, came, n, fds) != 0) {
		for (size_t i = 0; i < n; i++)
			close(came[i]);
		return;
	}
	if (kind == SPAWN_SESSION)	/* the others do not know it */
		sp->memory_max = memory_max;
	job.monitor_fd = fds[SPAWN_CHANNEL];
	job.boot_fd = fds[SPAWN_BOOT];
	job.peer_fd = fds[SPAWN_PEER];
	job.root_fd = fds[SPAWN_ROOT];
	job.sums_fd = fds[SPAWN_SUMS];
	start_child(sp, kind, &job, fds[SPAWN_CONTROL]);
	for (int i = 0; i < SPAWN_FDS; i++)
		if (i != SPAWN_CONTROL && fds[i] >= 0)
			close(fds[i]);
}

static void
orders_ready(void *arg, uint32_t events)
{
	struct spawner *sp = arg;
	uint8_t bytes[ORDER_SIZE];
	int fds[FDPASS_MAX], r;
	size_t n = 0, n_fds = 0;
	struct cursor c;

	(void)events;
	if ((r = fdpass_recv(sp->orders.fd, bytes, sizeof bytes, &n, fds, &n_fds)) == 0) {
		c = cur_of(bytes, n);
		take_order(sp, &c, fds, n_fds);
	} else if (r == E_EOF) {	/* the daemon and every monitor are gone */
		loop_unwatch(sp->loop, &sp->orders);
		if (sp->children == NULL)
			loop_stop(sp->loop);
	}
}

static void
ended(struct spawner *sp, pid_t pid, int status)
{
	for (struct spawned_child *c = sp->children; c != NULL; c = c->next)
		if (c->pid == pid) {
			status |= c->over_memory;
			(void)!send(c->control.fd, &status, sizeof status, MSG_NOSIGNAL | MSG_DONTWAIT);
			child_free(c);
			break;
		}
	if (sp->children == NULL && !sp->orders.active)
		loop_stop(sp->loop);
}

static void
signal_got(void *arg, int signo)
{
	struct spawner *sp = arg;
	int status;
	pid_t pid;

	if (signo == SIGCHLD)
		while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
			ended(sp, pid, status);
}

/* --- start --------------------------------------------------------------------------------- */

/* Nothing that is printed by accident may reach anybody; a sanitizer's report must. */
static void
shut_standard_streams(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), last = STDERR_FILENO;

#ifdef SALLYPORT_SANITIZE
	last = STDOUT_FILENO;
#endif
	for (int fd = 0; null >= 0 && fd <= last; fd++)
		dup2(null, fd);
	if (null > STDERR_FILENO)
		close(null);
}

static int
prepare(struct spawner *sp, int fd)
{
	sigset_t mask;
	int r;

	fcntl(fd, F_SETFD, FD_CLOEXEC);
	prctl(PR_SET_NAME, "syncd-spawner");
	shut_standard_streams();
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&mask);		/* a terminal's INT is the daemon's to answer; we leave when it has */
	sigaddset(&mask, SIGCHLD);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGHUP);
	sigaddset(&mask, SIGUSR1);
	if ((r = loop_new(&sp->loop)) != 0 || (r = loop_signals(sp->loop, &mask, signal_got, sp)) != 0)
		return r;
	strong_prepare();
	if ((r = roles_prepare(&sp->roles)) != 0)
		return r;
	malloc_trim(0);		/* once, instead of in each child, which would copy every page it touches */
	sp->look = (struct timer){ .expired = look_at_memory, .arg = sp };
	sp->orders = (struct watch){ .fd = fd, .ready = orders_ready, .arg = sp };
	return loop_watch(sp->loop, &sp->orders, EPOLLIN);
}

int
spawner_main(int fd)
{
	struct spawner sp = { .roles = { .empty_dir = -1 } };
	int r;

	tzset();	/* a session's log says local times, and sees no files of the system */
	r = prepare(&sp, fd);
	if (send(fd, &r, sizeof r, MSG_NOSIGNAL) < 0 || r != 0)
		return 1;
	loop_run(sp.loop);
	loop_free(sp.loop);
	roles_done(&sp.roles);
	return 0;
}
