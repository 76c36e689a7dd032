/* The processes of the tunnel: workers, and of each generation one spawner, vault and exporter where they are needed. */
#include "config.h"

#include "tunnel/master/master_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/log.h"
#include "tunnel/helper/exporter.h"
#include "tunnel/helper/spawn.h"
#include "tunnel/helper/vault.h"
#include "tunnel/ipc/vaultmsg.h"
#include "tunnel/conn/worker.h"
#include "tunnel/service/service_build.h"

enum { WORKERS_MAX = 256, RESPAWN_MS = 1000 };

static const char *const kind_names[] = { "Worker", "Spawner", "Vault", "Exporter" };

unsigned
children_wanted(const struct master *m)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (conf_of(m)->workers > 0)
		return (unsigned)conf_of(m)->workers;
	return cores < 1 ? 1 : cores > WORKERS_MAX ? WORKERS_MAX : (unsigned)cores;
}

struct start {				/* of a child: its ends of channels, -1 for none */
	int ctl_fd, ask_fd, vault_fd;
	int leads;
	size_t row;
};

/* In the new process: whatever was the master's own. */
static void
leave_master(struct master *m)
{
	loop_free(m->loop);
	if (watcher_fd(m->watcher) >= 0)
		close(watcher_fd(m->watcher));
	handover_leave(m->handover);
	if (m->takeover.fd >= 0)
		close(m->takeover.fd);
	for (struct child *c = m->children; c != NULL; c = c->next)
		close(c->ctl_fd);	/* or a worker would not see the master's end */
}

/* What workers write to is theirs alone. */
static void
leave_shared(struct master *m)
{
	limits_leave(m->limits);
	munmap(m->next_id, sizeof *m->next_id);
}

/* Inetd mode: the connection is the one worker's. */
static void
leave_peer(const struct master *m)
{
	struct stat peer, err;
	int null = conf_of(m)->inetd ? open("/dev/null", O_RDWR | O_CLOEXEC) : -1;

	if (null < 0)
		return;
	if (fstat(STDIN_FILENO, &peer) == 0 && fstat(STDERR_FILENO, &err) == 0 && peer.st_dev == err.st_dev && peer.st_ino == err.st_ino)
		dup2(null, STDERR_FILENO);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	close(null);
}

static void
enter_board(struct master *m, size_t row)
{
	int r = scoreboard_enter(m->board, row);

	if (r == 0)
		return;
	log_error("Numbers cannot be shared: %s (%d)", strerror(-r), -r);
	_exit(EXIT_FAILURE);
}

/* The one of the numbers; it is nobody's but the exporter's. */
static void
close_metrics(struct master *m)
{
	if (m->plan.listeners != NULL && m->plan.listeners->metrics.fd >= 0)
		close(m->plan.listeners->metrics.fd);
}

static void
close_listeners(struct master *m)
{
	for (size_t i = 0; m->plan.listeners != NULL && i < m->plan.listeners->n; i++)
		close(m->plan.listeners->v[i].fd);	/* or a port given up would stay open */
}

static _Noreturn void
become_worker(struct master *m, const struct start *s)
{
	struct role role = roles_worker(&m->id, m->plan.services, m->filter);
	struct worker_job job = { .services = m->plan.services, .listeners = m->plan.listeners, .role = &role,
	    .ctl_fd = s->ctl_fd, .ask_fd = s->ask_fd, .vault_fd = s->vault_fd, .leads = s->leads, .next_id = m->next_id,
	    .limits = m->limits, .board = m->board, .row = s->row };

	leave_master(m);
	enter_board(m, s->row);
	close_metrics(m);
	keyring_close(&m->plan.services->keys);
	service_set_share(m->plan.services);
	worker_main(&job);
}

static _Noreturn void
become_spawner(struct master *m, const struct start *s)
{
	struct spawn_job job = { .services = m->plan.services, .id = &m->id, .ctl_fd = s->ctl_fd, .filter = m->filter,
	    .keep_stderr = conf_of(m)->foreground == FOREGROUND_YES };

	leave_master(m);
	leave_shared(m);
	leave_peer(m);
	scoreboard_leave(m->board);
	keyring_close(&m->plan.services->keys);
	close_listeners(m);
	close_metrics(m);
	service_set_unshare(m->plan.services);
	service_set_forget(m->plan.services);
	spawner_main(&job);
}

static _Noreturn void
become_vault(struct master *m, const struct start *s)
{
	struct role role = roles_vault(m->vault_uid, m->vault_gid, m->vault_filter);
	struct vault_job job = { .ring = &m->plan.services->keys, .role = &role, .ctl_fd = s->ctl_fd,
	    .rate = (unsigned)conf_of(m)->vault_rate };

	leave_master(m);
	leave_shared(m);
	leave_peer(m);
	scoreboard_leave(m->board);
	close_listeners(m);
	close_metrics(m);
	service_set_unshare(m->plan.services);
	service_set_forget(m->plan.services);
	vault_main(&job);
}

#ifdef HAVE_MICROHTTPD
static _Noreturn void
become_exporter(struct master *m, const struct start *s)
{
	struct role role = roles_exporter(&m->id, m->exporter_filter);
	struct exporter_job job = { .board = m->board, .services = m->plan.services, .role = &role,
	    .listen_fd = m->plan.listeners->metrics.fd, .ctl_fd = s->ctl_fd };

	leave_master(m);
	leave_shared(m);
	enter_board(m, SCOREBOARD_NO_ROW);
	close_listeners(m);
	keyring_close(&m->plan.services->keys);
	service_set_unshare(m->plan.services);
	exporter_main(&job);
}
#endif

static struct child *
current(const struct master *m, enum kind kind)
{
	struct child *c = m->children;

	while (c != NULL && (c->draining || c->kind != kind || (kind == WORKER && !c->leads)))
		c = c->next;
	return c;
}

/* A worker's channel to the spawner or the vault, or -1 when there is none. */
int
children_channel(struct master *m, enum kind to, int *ret_fd)
{
	const struct child *server = current(m, to);
	int pair[2], r;

	*ret_fd = -1;
	if (server == NULL)
		return 0;
	if ((r = ctl_pair(pair)) != 0)
		return r;
	if (to == VAULT)
		setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &(int){ VAULT_DATA_MAX }, sizeof(int));	/* it may be more already */
	r = ctl_send(server->ctl_fd, CTL_CHANNEL, pair[0]);
	close(pair[0]);
	if (r != 0)
		close(pair[1]);
	else
		*ret_fd = pair[1];
	return r;
}

static void
start_done(struct start *s)
{
	int *const fds[] = { &s->ctl_fd, &s->ask_fd, &s->vault_fd };

	for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
}

/* 0 with the master's end of the control channel, or -errno. */
static int
start_init(struct master *m, enum kind kind, struct start *s, int *ret_ctl)
{
	int ctl[2], r;

	*s = (struct start){ -1, -1, -1, kind == WORKER && current(m, WORKER) == NULL };
	if (kind == WORKER && ((r = children_channel(m, SPAWNER, &s->ask_fd)) != 0 || (r = children_channel(m, VAULT, &s->vault_fd)) != 0))
		return r;
	if ((r = ctl_pair(ctl)) != 0)
		return r;
	*ret_ctl = ctl[0];
	s->ctl_fd = ctl[1];
	return 0;
}

static void
row_back(struct master *m, const struct child *c)
{
	if (c->kind == WORKER)
		scoreboard_give_back(m->board, &m->owners, c->row);
}

int
children_start(struct master *m, enum kind kind)
{
	static void (*const become[])(struct master *, const struct start *) = {
		[WORKER] = become_worker, [SPAWNER] = become_spawner, [VAULT] = become_vault,
#ifdef HAVE_MICROHTTPD
		[EXPORTER] = become_exporter,
#endif
	};
	struct child *c = calloc(1, sizeof *c);
	struct start s;
	int r;

	if (c == NULL)
		return -ENOMEM;
	*c = (struct child){ .next = m->children, .ctl_fd = -1, .born = loop_clock(), .kind = kind };
	if ((r = start_init(m, kind, &s, &c->ctl_fd)) == 0) {
		c->leads = s.leads;
		c->row = s.row = kind == WORKER ? scoreboard_take(m->board, &m->owners) : 0;
		if ((c->pid = fork()) == 0) {
			close(c->ctl_fd);
			become[kind](m, &s);
		}
		r = c->pid < 0 ? -errno : 0;
		if (r != 0)
			row_back(m, c);
	}
	start_done(&s);
	if (r != 0) {
		if (c->ctl_fd >= 0)
			close(c->ctl_fd);
		free(c);
		return r;
	}
	m->children = c;
	return 0;
}

/* Workers that were there before this vault. */
static int
start_vault(struct master *m)
{
	int fd, r = children_start(m, VAULT);

	for (struct child *c = m->children; r == 0 && c != NULL; c = c->next) {
		if (c->draining || c->kind != WORKER)
			continue;
		if ((r = children_channel(m, VAULT, &fd)) == 0) {
			r = ctl_send(c->ctl_fd, CTL_VAULT, fd);
			close(fd);
		}
	}
	return r;
}

/* As many as are missing; those that cannot be started now are tried again in a moment. */
void
children_fill(void *arg)
{
	struct master *m = arg;
	int r = 0;

	if (service_set_asks(m->plan.services) && current(m, SPAWNER) == NULL)
		r = children_start(m, SPAWNER);
	if (r == 0 && m->plan.services->keys.n > 0 && current(m, VAULT) == NULL)
		r = start_vault(m);
	while (r == 0 && m->missing > 0 && (r = children_start(m, WORKER)) == 0)
		m->missing--;
	if (r == 0 && m->plan.listeners->metrics.fd >= 0 && current(m, EXPORTER) == NULL)
		r = children_start(m, EXPORTER);
	scoreboard_tell_workers(m->board, children_wanted(m) - m->missing);
	if (r != 0) {
		log_error("Cannot start a worker: %s (%d)", strerror(-r), -r);
		loop_timer(m->loop, &m->respawn, RESPAWN_MS);
	}
}

void
children_tell(struct master *m, enum ctl what, int fd)
{
	int r;

	for (struct child *c = m->children; c != NULL; c = c->next)
		if ((r = ctl_send(c->ctl_fd, what, fd)) != 0 && r != -EPIPE && r != -ECONNRESET)	/* it has just ended */
			log_warn("Worker %d cannot be told: %s (%d)", (int)c->pid, strerror(-r), -r);
}

void
children_drain(struct master *m)
{
	children_tell(m, CTL_DRAIN, -1);
	for (struct child *c = m->children; c != NULL; c = c->next)
		c->draining = 1;
}

/* Of a spawner's generation nobody can start a program any more: all of it is replaced.  A vault is
 * replaced alone, since its keys are still to be had. */
static void
replace(struct master *m, const struct child *c, int status)
{
	uint64_t age = loop_clock() - c->born;
	const char *what = kind_names[c->kind];

	if (WIFSIGNALED(status))
		log_error("%s %d terminated on signal %d: starting another", what, (int)c->pid, WTERMSIG(status));
	else
		log_error("%s %d finished with code %d: starting another", what, (int)c->pid, WEXITSTATUS(status));
	if (m->first && WIFEXITED(status) && WEXITSTATUS(status) == WORKER_EXIT_ROLE) {
		m->status = EXIT_FAILURE;	/* it would fail again and again */
		loop_stop(m->loop);
		return;
	}
	if (c->kind == SPAWNER)
		children_drain(m);
	if (c->kind == WORKER || c->kind == SPAWNER)
		m->missing = c->kind == SPAWNER ? children_wanted(m) : m->missing + 1;
	scoreboard_tell_workers(m->board, children_wanted(m) - m->missing);
	if (age >= RESPAWN_MS)
		children_fill(m);
	else
		loop_timer(m->loop, &m->respawn, RESPAWN_MS - age);
}

void
children_reap(struct master *m)
{
	struct child **at, *c;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (at = &m->children; *at != NULL && (*at)->pid != pid;)
			at = &(*at)->next;
		if ((c = *at) == NULL)
			continue;
		*at = c->next;
		close(c->ctl_fd);
		row_back(m, c);
		if (m->stopping)	/* the signal may have gone to all of us */
			log_debug("%s %d has ended", kind_names[c->kind], (int)pid);
		else if (c->draining && c->kind != WORKER)
			log_debug("%s %d: its last worker is gone", kind_names[c->kind], (int)pid);
		else if (c->draining)
			log_info("Worker %d: its last connection is closed", (int)pid);
		else
			replace(m, c, status);
		free(c);
	}
	if (m->handed && m->children == NULL)
		loop_stop(m->loop);
}

void
children_kill(struct master *m)
{
	struct child *c;

	for (c = m->children; c != NULL; c = c->next)
		kill(c->pid, SIGKILL);	/* they hold nothing that needs tidying */
	while ((c = m->children) != NULL) {
		m->children = c->next;
		waitpid(c->pid, NULL, 0);
		close(c->ctl_fd);
		free(c);
	}
}
