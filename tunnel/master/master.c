#include "config.h"

#include "tunnel/master/master.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/is_set.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "lib/notify.h"
#include "lib/sock.h"
#include "lib/trusted.h"
#include "tunnel/master/master_internal.h"
#include "tunnel/master/walls.h"
#include "tunnel/service/crl_share.h"
#include "tunnel/service/service_build.h"
#include "tunnel/conn/worker.h"

#define SERVING "READY=1\nSTATUS=Accepting new connections"

enum { SETTLE_MS = 300, LOG_MODE = 0640, PID_MODE = 0644 };

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

/* What stands there is another's pid file, or nothing of which we know what it is. */
static int
clear_pid(int dir, const char *leaf)
{
	struct stat st;

	if (fstatat(dir, leaf, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode))
		return -EEXIST;
	return unlinkat(dir, leaf, 0) < 0 ? -errno : 0;
}

static int
write_pid(struct master *m)
{
	const char *path = conf_of(m)->pid;
	char leaf[NAME_MAX + 1];
	int dir, fd, r;

	if (!is_set(path))
		return 0;
	if ((dir = trusted_parent(path, leaf)) < 0)
		return dir;
	if ((r = clear_pid(dir, leaf)) == 0) {
		fd = openat(dir, leaf, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, PID_MODE);
		r = fd < 0 || dprintf(fd, "%d\n", (int)getpid()) < 0 ? -errno : 0;
		if (fd >= 0)
			close(fd);
	}
	close(dir);
	return r;
}

/* Unless it is the file of one who has taken over. */
static int
remove_pid(struct master *m)
{
	const char *path = conf_of(m)->pid;
	char text[32] = "", leaf[NAME_MAX + 1];
	int dir, fd;

	if (!is_set(path) || (dir = trusted_parent(path, leaf)) < 0)
		return 0;
	if ((fd = openat(dir, leaf, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)) >= 0) {
		if (read(fd, text, sizeof text - 1) > 0 && atoi(text) == (int)getpid())
			unlinkat(dir, leaf, 0);
		close(fd);
	}
	close(dir);
	return 0;
}

static void
share_log(struct master *m)
{
	if (log_fd() >= 0)
		children_tell(m, CTL_LOG, log_fd());
}

/* Lists that count for who is already in.  What cannot be told leaves connections that should be cut: the workers go. */
static void
share_revocations(struct master *m)
{
	int fd, r = crl_share_pack(m->plan.services, &fd);

	for (struct child *c = m->children; c != NULL && (r != 0 || fd >= 0); c = c->next)
		if (c->kind == WORKER && (r != 0 || ctl_send(c->ctl_fd, CTL_REVOKE, fd) != 0)) {
			log_error("Worker %d cannot be told who is revoked: ending it", (int)c->pid);
			kill(c->pid, SIGTERM);
		}
	if (r == 0 && fd >= 0)
		close(fd);
}

static void
start_generation(struct master *m)
{
	struct service_set *set = m->plan.services;

	for (size_t i = 0; i < set->n; i++)
		set->v[i].column = scoreboard_column(m->board, set->v[i].conf->name);
	scoreboard_tell_generation(m->board);
	loop_timer_clear(m->loop, &m->respawn);
	m->missing = children_wanted(m);
	children_fill(m);
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
	children_drain(m);
	limits_clear(m->limits);
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
	(void)notify_reloading();
	if (try_reload(m) != 0) {
		log_error("Configuration failed");
		log_error("Failed to reload the configuration file");
		(void)notify_send("READY=1\nSTATUS=The configuration cannot be loaded: the one before is in force");
	} else {
		log_info("Accepting new connections");
		(void)notify_send(SERVING);
	}
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
		children_reap(m);
		break;
	case SIGHUP:
		reload(m);
		break;
	case SIGUSR1:
		rotate_log(m);
		break;
	case SIGUSR2:
		children_tell(m, CTL_LIST, -1);
		break;
	default:
		log_notice("Terminated");
		(void)notify_send("STOPPING=1\nSTATUS=Ending all connections");
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

/* The process that was started leaves when the one that serves says that it is up, or has ended. */
static _Noreturn void
wait_for_service(int fd)
{
	char byte;
	ssize_t n;

	while ((n = read(fd, &byte, 1)) < 0 && errno == EINTR)
		;
	_exit(n == 1 ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* Go on in a process of its own.  Until detached() the terminal is told what goes wrong. */
static int
detach(int *ret_fd)
{
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	if ((pid = fork()) > 0) {
		close(fds[1]);		/* or its end would not be seen */
		wait_for_service(fds[0]);
	}
	close(fds[0]);
	if (pid < 0) {
		int err = errno;

		close(fds[1]);
		return -err;
	}
	*ret_fd = fds[1];
	log_set_task("main");
	log_echo(LOG_ERR);
	return setsid() < 0 || chdir("/") < 0 ? -errno : 0;
}

/* Status 0 means: the ports are bound, and the pid file and the log are there. */
static int
detached(int fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return -errno;
	log_echo(-1);
	for (int i = 0; i <= 2; i++)
		if (dup2(null, i) < 0)
			return -errno;
	if (null > 2)
		close(null);
	if (write(fd, "", 1) < 0)	/* who started us may be gone: then nobody waits */
		log_debug("Nobody waits for the start: %s (%d)", strerror(errno), errno);
	close(fd);
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
	loop_timer_clear(m->loop, &m->watchdog);	/* the other is the main process now */
	watcher_free(m->watcher);
	m->watcher = NULL;
	handover_free(m->handover);
	m->handover = NULL;
	children_drain(m);
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
	(void)notify_send(state);
}

/* Comes from the loop, so that a master that hangs is noticed. */
static void
still_alive(void *arg)
{
	struct master *m = arg;
	uint64_t ms = notify_watchdog_ms();

	if (ms == 0)
		return;
	(void)notify_send("WATCHDOG=1");
	loop_timer(m->loop, &m->watchdog, ms);
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
say_programs(const struct master *m)
{
	const struct service_set *set = m->plan.services;

	for (size_t i = 0; i < set->n; i++)
		if (service_is_program(&set->v[i]))
			log_debug("Starting exec+connect service [%s]", set->v[i].conf->name);
}

static int
serve(struct master *m)
{
	int r;

	if ((r = loop_new(&m->loop)) != 0)
		return r;
	m->respawn = (struct timer){ .expired = children_fill, .arg = m };
	m->settled = (struct timer){ .expired = finish_takeover, .arg = m };
	m->watchdog = (struct timer){ .expired = still_alive, .arg = m };
	m->first = 1;
	if ((r = take_signals(m)) == 0) {
		start_generation(m);
		watch_files(m);
		if (m->takeover.fd >= 0)
			loop_timer(m->loop, &m->settled, SETTLE_MS);
		else
			offer(m);
		say_programs(m);
		log_info("Accepting new connections");
		(void)notify_send(SERVING);
		still_alive(m);
		r = loop_run(m->loop);
		children_kill(m);
	}
	handover_free(m->handover);
	m->handover = NULL;
	watcher_free(m->watcher);
	m->watcher = NULL;
	loop_free(m->loop);
	return r;
}

static int
start_failed(const char *what, const char *which, int r)
{
	log_error("%s%s: %s (%d)", what, which, trusted_error(r), -r);
	return r;
}

static int
run_service(struct master *m)
{
	int fd = -1, r = 0;

	if (conf_of(m)->foreground == FOREGROUND_NO && (r = detach(&fd)) != 0)
		return start_failed("Cannot detach", "", r);
	if (m->takeover.fd < 0 && (r = as_service(m, write_pid)) != 0)
		return start_failed("Cannot create pid file ", conf_of(m)->pid, r);
	if (fd >= 0)
		r = detached(fd);
	if (r == 0)
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
	int r = service_set_asks(m->plan.services) ? children_start(m, SPAWNER) : 0;

	if (r == 0 && m->plan.services->keys.n > 0)
		r = children_start(m, VAULT);
	keyring_close(&m->plan.services->keys);
	service_set_unshare(m->plan.services);
	if (r == 0 && (r = children_channel(m, SPAWNER, &job.ask_fd)) == 0 && (r = children_channel(m, VAULT, &job.vault_fd)) == 0)
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
	if (!conf_of(m)->inetd && (r = walls_try()) != 0)
		return r;
	if ((r = share_counter(m)) != 0 || (r = limits_new(&m->limits)) != 0 || (r = scoreboard_new(&m->board)) != 0 ||
	    (r = role_filter_new(worker_syscalls, &m->filter)) != 0 ||
	    (r = role_filter_new(vault_syscalls, &m->vault_filter)) != 0 ||
	    (r = role_filter_new(exporter_syscalls, &m->exporter_filter)) != 0) {
		log_error("%s (%d)", strerror(-r), -r);
		return r;
	}
	if ((r = as_service(m, open_log)) != 0)
		log_error("Cannot open log file: %s: %s (%d)", conf_of(m)->output == NULL ? "" : conf_of(m)->output, trusted_error(r), -r);
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
	limits_free(m.limits);
	scoreboard_free(m.board);
	role_filter_free(m.filter);
	role_filter_free(m.vault_filter);
	role_filter_free(m.exporter_filter);
	identity_done(&m.id);
	return r != 0 ? EXIT_FAILURE : m.status;
}
