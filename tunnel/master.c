#include "config.h"

#include "tunnel/master.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/loop.h"
#include "lib/sock.h"
#include "tunnel/ctl.h"
#include "tunnel/exporter.h"
#include "tunnel/revocations.h"
#include "tunnel/spawn.h"
#include "tunnel/takeover.h"
#include "tunnel/vault.h"
#include "tunnel/worker.h"

enum { WORKERS_MAX = 256, RESPAWN_MS = 1000, SETTLE_MS = 300, LOG_MODE = 0640, PID_MODE = 0644 };

enum kind { WORKER, SPAWNER, VAULT, EXPORTER };	/* of all but the first a generation has one each, where it needs them */
static const char *const kind_names[] = { "Worker", "Spawner", "Vault", "Exporter" };

struct child {
	struct child *next;
	pid_t pid;
	int ctl_fd;
	int draining;
	enum kind kind;
	int leads;			/* the worker that runs programs of their own */
	uint64_t born;
	size_t row;			/* on the board; a worker's */
};

struct master {
	const struct source *from;
	struct loop *loop;
	struct plan plan;
	struct keep keep;
	struct identity id;
	uid_t vault_uid;
	gid_t vault_gid;
	struct role_filter *filter, *vault_filter, *exporter_filter;
	struct child *children;
	unsigned missing;		/* workers to start again */
	struct timer respawn;
	struct limits *limits;
	struct board *board;
	struct board_owners owners;	/* of its rows */
	struct watcher *watcher;	/* NULL: nothing was ever watched */
	struct handover *handover;	/* NULL: nobody can take over */
	struct takeover takeover;	/* of the process that serves before us */
	struct timer settled;		/* by then our workers have shown that they can */
	_Atomic uint64_t *next_id;	/* one count for all workers there will ever be */
	int first;			/* still the generation of the start */
	int stopping;
	int handed;			/* another process serves: we leave with the last worker */
	int status;
};

static const struct tun_conf *
conf_of(const struct master *m)
{
	return m->plan.services->conf;
}

static int
is_set(const char *text)
{
	return text != NULL && text[0] != '\0';
}

/* What the service's user must be able to do is done as that user. */
static int
as_service(struct master *m, int (*act)(struct master *m))
{
	int r = identity_borrow(&m->id), back;

	if (r == 0)
		r = act(m);
	if ((back = identity_return(&m->id)) != 0) {
		log_error("setuid: %s (%d)", strerror(-back), -back);
		exit(EXIT_FAILURE);	/* neither one nor the other: not safe to go on */
	}
	return r;
}

static int
open_log(struct master *m)
{
	const struct tun_conf *conf = conf_of(m);
	struct log_conf log = { .style = conf->log_json ? LOG_STYLE_JSON : LOG_STYLE_STUNNEL,
	    .ident = m->id.log_ident, .to_syslog = conf->use_syslog,
	    .to_stderr = conf->foreground == FOREGROUND_YES, .facility = conf->facility, .level = conf->debug,
	    .file = is_set(conf->output) ? conf->output : NULL, .file_mode = LOG_MODE,
	    .file_truncate = conf->log_overwrite };

	return log_setup(&log);
}

static int
reopen_log(struct master *m)
{
	(void)m;
	return log_reopen();
}

static int
write_pid(struct master *m)
{
	const char *path = conf_of(m)->pid;
	int fd, r;

	if (!is_set(path))
		return 0;
	unlink(path);
	if ((fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, PID_MODE)) < 0)
		return -errno;
	r = dprintf(fd, "%d\n", (int)getpid()) < 0 ? -errno : 0;
	close(fd);
	return r;
}

/* Unless it is the file of one who has taken over. */
static int
remove_pid(struct master *m)
{
	const char *path = conf_of(m)->pid;
	char text[32] = "";
	int fd;

	if (!is_set(path) || (fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)) < 0)
		return 0;
	if (read(fd, text, sizeof text - 1) > 0 && atoi(text) == (int)getpid())
		unlink(path);
	close(fd);
	return 0;
}

static unsigned
workers_wanted(const struct master *m)
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
	close_metrics(m);
	keyring_close(&m->plan.services->keys);
	worker_main(&job);
}

static _Noreturn void
become_spawner(struct master *m, const struct start *s)
{
	struct spawn_job job = { .services = m->plan.services, .id = &m->id, .ctl_fd = s->ctl_fd, .filter = m->filter,
	    .keep_stderr = conf_of(m)->foreground == FOREGROUND_YES };

	leave_master(m);
	keyring_close(&m->plan.services->keys);
	close_listeners(m);
	close_metrics(m);
	spawner_main(&job);
}

static _Noreturn void
become_vault(struct master *m, const struct start *s)
{
	struct role role = roles_vault(m->vault_uid, m->vault_gid, m->vault_filter);
	struct vault_job job = { .ring = &m->plan.services->keys, .role = &role, .ctl_fd = s->ctl_fd,
	    .rate = (unsigned)conf_of(m)->vault_rate };

	leave_master(m);
	close_listeners(m);
	close_metrics(m);
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
	close_listeners(m);
	keyring_close(&m->plan.services->keys);
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
static int
open_channel(struct master *m, enum kind to, int *ret_fd)
{
	const struct child *server = current(m, to);
	int pair[2], r;

	*ret_fd = -1;
	if (server == NULL)
		return 0;
	if ((r = ctl_pair(pair)) != 0)
		return r;
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
	if (kind == WORKER && ((r = open_channel(m, SPAWNER, &s->ask_fd)) != 0 || (r = open_channel(m, VAULT, &s->vault_fd)) != 0))
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
		board_give_back(m->board, &m->owners, c->row);
}

static int
spawn(struct master *m, enum kind kind)
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
		c->row = s.row = kind == WORKER ? board_take(m->board, &m->owners) : 0;
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
	int fd, r = spawn(m, VAULT);

	for (struct child *c = m->children; r == 0 && c != NULL; c = c->next) {
		if (c->draining || c->kind != WORKER)
			continue;
		if ((r = open_channel(m, VAULT, &fd)) == 0) {
			r = ctl_send(c->ctl_fd, CTL_VAULT, fd);
			close(fd);
		}
	}
	return r;
}

/* As many as are missing; those that cannot be started now are tried again in a moment. */
static void
fill_up(void *arg)
{
	struct master *m = arg;
	int r = 0;

	if (service_set_asks(m->plan.services) && current(m, SPAWNER) == NULL)
		r = spawn(m, SPAWNER);
	if (r == 0 && m->plan.services->keys.n > 0 && current(m, VAULT) == NULL)
		r = start_vault(m);
	while (r == 0 && m->missing > 0 && (r = spawn(m, WORKER)) == 0)
		m->missing--;
	if (r == 0 && m->plan.listeners->metrics.fd >= 0 && current(m, EXPORTER) == NULL)
		r = spawn(m, EXPORTER);
	atomic_store(&m->board->workers, workers_wanted(m) - m->missing);
	if (r != 0) {
		log_error("Cannot start a worker: %s (%d)", strerror(-r), -r);
		loop_timer(m->loop, &m->respawn, RESPAWN_MS);
	}
}

static void
tell_all(struct master *m, enum ctl what, int fd)
{
	int r;

	for (struct child *c = m->children; c != NULL; c = c->next)
		if ((r = ctl_send(c->ctl_fd, what, fd)) != 0)
			log_warn("Worker %d cannot be told: %s (%d)", (int)c->pid, strerror(-r), -r);
}

static void
share_log(struct master *m)
{
	if (log_fd() >= 0)
		tell_all(m, CTL_LOG, log_fd());
}

/* Lists that count for who is already in.  What cannot be told leaves connections that should be cut: the workers go. */
static void
share_revocations(struct master *m)
{
	int fd, r = revocations_pack(m->plan.services, &fd);

	for (struct child *c = m->children; c != NULL && (r != 0 || fd >= 0); c = c->next)
		if (c->kind == WORKER && (r != 0 || ctl_send(c->ctl_fd, CTL_REVOKE, fd) != 0)) {
			log_error("Worker %d cannot be told who is revoked: ending it", (int)c->pid);
			kill(c->pid, SIGTERM);
		}
	if (r == 0 && fd >= 0)
		close(fd);
}

static void
drain_all(struct master *m)
{
	tell_all(m, CTL_DRAIN, -1);
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
		drain_all(m);
	if (c->kind == WORKER || c->kind == SPAWNER)
		m->missing = c->kind == SPAWNER ? workers_wanted(m) : m->missing + 1;
	atomic_store(&m->board->workers, workers_wanted(m) - m->missing);
	if (age >= RESPAWN_MS)
		fill_up(m);
	else
		loop_timer(m->loop, &m->respawn, RESPAWN_MS - age);
}

static void
reap(struct master *m)
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

static void
start_generation(struct master *m)
{
	struct service_set *set = m->plan.services;

	for (size_t i = 0; i < set->n; i++)
		set->v[i].column = board_column(m->board, set->v[i].conf->name);
	atomic_fetch_add(&m->board->generation, 1);
	loop_timer_clear(m->loop, &m->respawn);
	m->missing = workers_wanted(m);
	fill_up(m);
}

/* Not reloaded, since they are what this process already is: foreground, pid file, identity, jail. */
static void
keep_process_options(struct tun_conf *fresh, struct tun_conf *old)
{
	char *pid = fresh->pid;

	fresh->foreground = old->foreground;
	fresh->pid = old->pid;
	old->pid = pid;
}

static void files_changed(void *arg);

static void
watch_files(struct master *m)
{
	int r = 0;

	if (m->plan.files != NULL && m->watcher == NULL)
		r = watcher_new(m->loop, files_changed, m, &m->watcher);
	if (r != 0)
		log_error("Files cannot be watched: %s (%d)", strerror(-r), -r);
	if (m->watcher == NULL)
		return;
	watcher_set(m->watcher, m->plan.files);
	m->plan.files = NULL;
}

/* Everything is built before anything changes; the old generation lent its sockets, nothing else. */
static int
try_reload(struct master *m)
{
	struct plan fresh, old = m->plan;
	int r;

	if (m->from->fd >= 0) {
		log_error("The configuration came from a descriptor: it cannot be read again");
		return E_UNSUPPORTED;
	}
	if ((r = plan_build(m->from, &old, &m->keep, &fresh)) != 0)
		return r;
	if (fresh.listeners == NULL) {
		log_error("A running service cannot change to inetd mode");
		plan_free(&fresh, &old);
		return E_CONF;
	}
	keep_process_options(fresh.services->conf, old.services->conf);
	m->plan = fresh;
	if ((r = as_service(m, open_log)) != 0) {
		log_error("Cannot open log file: %s: %s (%d)", conf_of(m)->output, strerror(-r), -r);
		keep_process_options(old.services->conf, fresh.services->conf);
		m->plan = old;
		plan_free(&fresh, &old);
		return r;
	}
	share_log(m);
	share_revocations(m);
	drain_all(m);
	m->first = 0;
	plan_free(&old, &m->plan);	/* before the fork: a worker must not hold open what was given up */
	start_generation(m);
	watch_files(m);
	return 0;
}

static void
reload(struct master *m)
{
	if (m->handed) {
		log_notice("Another process has taken over: nothing is read again");
		return;
	}
	sock_notify("RELOADING=1");
	if (try_reload(m) != 0) {
		log_error("Configuration failed");
		log_error("Failed to reload the configuration file");
	} else {
		log_info("Accepting new connections");
	}
	sock_notify("READY=1");
}

static void
files_changed(void *arg)
{
	log_notice("Files of the configuration have changed");
	reload(arg);
}

static void
rotate_log(struct master *m)
{
	int r = as_service(m, reopen_log);

	if (r != 0) {
		log_error("Cannot open log file: %s: %s (%d)", conf_of(m)->output, strerror(-r), -r);
		return;
	}
	share_log(m);
	log_notice("Log file reopened");
}

static void
got_signal(void *arg, int signo)
{
	struct master *m = arg;

	switch (signo) {
	case SIGCHLD:
		reap(m);
		break;
	case SIGHUP:
		reload(m);
		break;
	case SIGUSR1:
		rotate_log(m);
		break;
	case SIGUSR2:
		tell_all(m, CTL_LIST, -1);
		break;
	default:
		log_notice("Terminated");
		sock_notify("STOPPING=1");
		m->stopping = 1;
		loop_stop(m->loop);
	}
}

static int
take_signals(struct master *m)
{
	static const int always[] = { SIGHUP, SIGUSR1, SIGUSR2, SIGCHLD }, unless_ignored[] = { SIGTERM, SIGINT, SIGQUIT };
	struct sigaction sa;
	sigset_t mask;

	sigemptyset(&mask);
	for (size_t i = 0; i < ARRAY_LEN(always); i++)
		sigaddset(&mask, always[i]);
	for (size_t i = 0; i < ARRAY_LEN(unless_ignored); i++)
		if (sigaction(unless_ignored[i], NULL, &sa) == 0 && sa.sa_handler != SIG_IGN)
			sigaddset(&mask, unless_ignored[i]);
	signal(SIGPIPE, SIG_IGN);
	return loop_signals(m->loop, &mask, got_signal, m);
}

/* By now everything that can fail has, except for the pid file: status 0 means "the ports are bound". */
static int
detach(void)
{
	int null;
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid > 0)
		_exit(EXIT_SUCCESS);
	log_set_task("main");
	if ((null = open("/dev/null", O_RDWR | O_CLOEXEC)) < 0 || setsid() < 0 || chdir("/") < 0)
		return -errno;
	for (int fd = 0; fd <= 2; fd++)
		if (dup2(null, fd) < 0)
			return -errno;
	if (null > 2)
		close(null);
	return 0;
}

static const struct listener_set *
offered(void *arg)
{
	const struct master *m = arg;

	return m->plan.listeners;
}

/* Another process serves on our sockets: what is left to do is what draining workers have. */
static void
handed_over(void *arg)
{
	struct master *m = arg;

	log_notice("Another process has taken over: leaving with the last connection");
	m->handed = 1;
	m->missing = 0;
	loop_timer_clear(m->loop, &m->respawn);
	watcher_free(m->watcher);
	m->watcher = NULL;
	handover_free(m->handover);
	m->handover = NULL;
	drain_all(m);
	listener_set_free(m->plan.listeners, NULL, 0);
	m->plan.listeners = NULL;
	passed_close(&m->keep.passed);
	if (m->children == NULL)
		loop_stop(m->loop);
}

static void
offer(struct master *m)
{
	struct handover_job job = { .listeners = offered, .taken = handed_over, .arg = m };
	int r = handover_new(m->loop, &job, &m->handover);

	if (r != 0)
		log_warn("No takeover possible: %s (%d)", strerror(-r), -r);
}

/* Our workers are there: those of the other process need not accept any more.  Until now its pid file was right. */
static void
finish_takeover(void *arg)
{
	struct master *m = arg;
	char state[64];
	int r;

	if (m->missing > 0) {
		log_error("Takeover: given up, since there are no workers");
		m->status = EXIT_FAILURE;
		loop_stop(m->loop);
		return;
	}
	takeover_finish(&m->takeover, m->plan.listeners);
	if ((r = as_service(m, write_pid)) != 0)
		log_error("Cannot create pid file %s: %s (%d)", conf_of(m)->pid, strerror(-r), -r);
	offer(m);
	log_notice("Takeover: the other process drains");
	snprintf(state, sizeof state, "MAINPID=%d", (int)getpid());
	sock_notify(state);
}

static int
share_counter(struct master *m)
{
	void *page = mmap(NULL, sizeof *m->next_id, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		return -errno;
	m->next_id = page;
	return 0;
}

static void
kill_all(struct master *m)
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

static int
serve(struct master *m)
{
	int r;

	if ((r = loop_new(&m->loop)) != 0)
		return r;
	m->respawn = (struct timer){ .expired = fill_up, .arg = m };
	m->settled = (struct timer){ .expired = finish_takeover, .arg = m };
	m->first = 1;
	if ((r = take_signals(m)) == 0) {
		start_generation(m);
		watch_files(m);
		if (m->takeover.fd >= 0)
			loop_timer(m->loop, &m->settled, SETTLE_MS);
		else
			offer(m);
		log_info("Accepting new connections");
		sock_notify("READY=1");
		r = loop_run(m->loop);
		kill_all(m);
	}
	handover_free(m->handover);
	m->handover = NULL;
	watcher_free(m->watcher);
	m->watcher = NULL;
	loop_free(m->loop);
	return r;
}

static int
run_service(struct master *m)
{
	int r;

	if (conf_of(m)->foreground == FOREGROUND_NO && (r = detach()) != 0)
		return r;
	if (m->takeover.fd < 0 && (r = as_service(m, write_pid)) != 0) {
		log_error("Cannot create pid file %s", conf_of(m)->pid);
		return r;
	}
	r = serve(m);
	as_service(m, remove_pid);
	return r;
}

static int
run_inetd(struct master *m)
{
	struct role role = roles_worker(&m->id, m->plan.services, m->filter);
	struct worker_job job = { .services = m->plan.services, .role = &role, .ctl_fd = -1, .ask_fd = -1, .vault_fd = -1,
	    .next_id = m->next_id };
	int r = service_set_asks(m->plan.services) ? spawn(m, SPAWNER) : 0;

	if (r == 0 && m->plan.services->keys.n > 0)
		r = spawn(m, VAULT);
	keyring_close(&m->plan.services->keys);
	if (r == 0 && (r = open_channel(m, SPAWNER, &job.ask_fd)) == 0 && (r = open_channel(m, VAULT, &job.vault_fd)) == 0)
		r = worker_serve_one(&job);
	if (r != 0)
		log_error("%s (%d)", strerror(-r), -r);
	while (m->children != NULL) {	/* the spawner, which leaves when the channels are closed */
		struct child *c = m->children;

		m->children = c->next;
		close(c->ctl_fd);
		free(c);
	}
	return 0;		/* whatever happened to the connection */
}

/* Those that the service manager opened, and those of a process that serves already. */
static int
find_sockets(struct master *m, const char *pidfile)
{
	struct conf_err e = { "", 0, "" };
	const struct listener_set *set;
	int n = sock_activation(), r = 0;

	for (int i = 0; i < n && r == 0; i++)
		r = passed_add(&m->keep.passed, SOCK_PASSED + i);
	if (r != 0 || pidfile == NULL)
		return r;
	if ((r = takeover_begin(&m->takeover, pidfile, &e)) != 0) {
		log_error("%s", e.text);
		return r;
	}
	set = m->takeover.listeners;
	for (size_t i = 0; i < set->n && n == 0 && r == 0; i++)
		if (set->v[i].asked.len == 0)	/* passed to it by the service manager */
			r = passed_add(&m->keep.passed, fcntl(set->v[i].fd, F_DUPFD_CLOEXEC, SOCK_PASSED));
	return r;
}

/* All that may fail before detaching, with the log still held back. */
static int
prepare(struct master *m, const char *pidfile)
{
	struct conf_err e = { "", 0, "" };
	struct plan before = { NULL, NULL, NULL };
	int r;

	if ((r = find_sockets(m, pidfile)) != 0)
		return r;
	before.listeners = m->takeover.listeners;
	if ((r = remotekeys_new(&m->keep.remote)) != 0 || (r = plan_build(m->from, &before, &m->keep, &m->plan)) != 0)
		return r;
	if (pidfile != NULL && conf_of(m)->inetd) {
		log_error("Takeover: inetd mode has no sockets");
		return E_CONF;
	}
	if ((r = identity_init(&m->id, conf_of(m), &e)) != 0 ||
	    (r = identity_vault(&m->id, conf_of(m), &m->vault_uid, &m->vault_gid, &e)) != 0) {
		log_error("%s", e.text);
		return r;
	}
	if ((r = share_counter(m)) != 0 || (r = limits_new(&m->limits)) != 0 || (r = board_new(&m->board)) != 0 ||
	    (r = role_filter_new(worker_syscalls, &m->filter)) != 0 ||
	    (r = role_filter_new(vault_syscalls, &m->vault_filter)) != 0 ||
	    (r = role_filter_new(exporter_syscalls, &m->exporter_filter)) != 0) {
		log_error("%s (%d)", strerror(-r), -r);
		return r;
	}
	if ((r = as_service(m, open_log)) != 0)
		log_error("Cannot open log file: %s", conf_of(m)->output == NULL ? "" : conf_of(m)->output);
	return r;
}

int
master_run(const struct source *from, const char *pidfile)
{
	struct master m = { .from = from, .id = IDENTITY_INIT, .takeover = TAKEOVER_INIT };
	struct plan theirs = { NULL, NULL, NULL };
	int r = prepare(&m, pidfile);

	if (r != 0)
		log_error("Configuration failed");
	log_release(r != 0);
	if (r == 0)
		r = conf_of(&m)->inetd ? run_inetd(&m) : run_service(&m);
	theirs.listeners = m.takeover.listeners;	/* unless they are ours by now */
	plan_free(&m.plan, &theirs);
	takeover_abandon(&m.takeover);
	passed_close(&m.keep.passed);
	remotekeys_free(m.keep.remote);
	role_filter_free(m.filter);
	role_filter_free(m.vault_filter);
	role_filter_free(m.exporter_filter);
	identity_done(&m.id);
	return r != 0 ? EXIT_FAILURE : m.status;
}
