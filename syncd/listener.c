/* The process that accepts connections: sockets, signals, reload of the configuration, reaping. */
#include "config.h"

#include "syncd/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/addr.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "lib/notify.h"
#include "lib/sock.h"
#include "syncd/check.h"
#include "syncd/connections.h"
#include "syncd/greeting.h"
#include "syncd/ledger.h"
#include "syncd/monitor.h"
#include "syncd/pidfile.h"
#include "syncd/policy/conf_diff.h"
#include "syncd/publish.h"
#include "syncd/shadow.h"
#include "syncd/spawn.h"
#include "syncd/tally.h"
#include "syncd/types.h"

enum {
	ACCEPT_PAUSE_MS = 2000,
	ACCEPT_BATCH = 128,
	END_MS = 5000,			/* for a transfer that is to end, and for its post-xfer exec */
	LOOK_AT_FILES_MS = 500,		/* between two looks at whether they were edited, while clients are there */
	STATUS_MS = 5000,		/* between two looks at whether the service manager's status line is still true */
	FILES_WANTED = 8192,		/* descriptors: three for a connection that waits */
};

struct listener;

struct newcomer {			/* a connection that was accepted */
	int fd;
	struct addr peer;
};

struct acceptor {			/* one listening socket */
	struct watch watch;
	struct listener *listener;
};

struct listener {
	const struct listener_conf *lc;
	struct syncd_conf *conf;
	struct loop *loop;
	struct listening listening;
	struct acceptor acceptors[LISTENING_MAX];	/* one for each socket of listening */
	struct listening_peers peers;
	struct spawner_link spawner;
	struct connections *connections;
	struct tally *tally;
	struct publish *publish;
	struct ledger *ledger;		/* NULL: none is kept */
	struct timer pause, watchdog, status, stopping;
	struct timer look;	/* at the files, while clients are there */
	bool edited;		/* that look saw an edit, which may not be over */
	bool stops;		/* nobody is let in any more, transfers are waited for, */
	bool ending;		/* not any longer */
	unsigned served, waiting;	/* as the service manager was told */
	char *pid_file;		/* where it was made: a reload does not move it */
	int pid_fd;
	int exit_code;
};

/* --- configuration ------------------------------------------------------------------------ */

int
listener_log(const struct listener_conf *lc, const struct syncd_conf *conf, int foreground)
{
	const char *file = lc->log_file != NULL ? lc->log_file : conf->defaults.log_file;
	struct log_conf log = { .style = conf->global.log_style ? LOG_STYLE_JSON : LOG_STYLE_RSYNCD, .ident = conf->defaults.syslog_tag, .file_mode = 0644,
	    .facility = conf->defaults.syslog_facility << 3, .level = LOG_INFO };
	int r;

	if (file != NULL && file[0] != '\0')
		log.file = file;
	log.to_syslog = log.file == NULL && !foreground;
	log.to_stderr = log.file == NULL && foreground;
	if ((r = log_setup(&log)) == 0)
		return 0;
	log.to_syslog = !foreground;
	log.to_stderr = foreground;
	log.file = NULL;
	log_setup(&log);
	log_error("failed to open log-file %s: %s", file, err_text(r));
	log_error("Ignoring \"log file\" setting.");
	return r;
}

static void
warn_line(void *arg, const char *text)
{
	(void)arg;
	log_warn("%s", text);
}

/* The same, loud enough for the terminal of a daemon that detaches. */
static void
error_line(void *arg, const char *text)
{
	(void)arg;
	log_error("%s", text);
}

/* A user that is not known here is nobody's: the others may connect, and it is complained of. */
static void
learn_peers(struct listener *l)
{
	char bad[LOGIN_NAME_MAX + 1];
	int r = listening_peers(l->conf->global.socket_peers, &l->peers, bad, sizeof bad);

	if (r == E_FORMAT || r == E_LIMIT)
		log_error(r == E_LIMIT ? "socket peers: too many, from %s on" : "socket peers: there is no user %s", bad);
	else if (r != 0)
		log_error("socket peers: %s", err_text(r));
}

static void
name_columns(struct listener *l)
{
	for (size_t i = 0; i < l->conf->n_modules; i++)
		(void)tally_make_column(l->tally, l->conf->modules[i].name);
}

static void
change_line(void *arg, const char *text)
{
	(void)arg;
	log_notice("reload: %s", text);
}

/* Edits count from the next connection on.  A file that does not load leaves what runs alone,
 * and is complained of once. */
static void
reload_if_changed(struct listener *l, bool asked)
{
	struct syncd_conf *fresh, *was;
	struct conf_err e;
	char text[1024];

	if (!conf_changed(l->conf) || (l->conf->global.reload_on_hup && !asked))
		return;
	conf_stamp(l->conf);		/* before the load: what is edited meanwhile counts the next time */
	if (conf_load(l->lc->conf_path, l->lc->over, l->lc->n_over, warn_line, NULL, &fresh, &e) != 0) {
		log_error("configuration not reloaded, the one before stays: %s", conf_err_print(&e, text, sizeof text));
		return;
	}
	shadow_load(fresh, warn_line, NULL);
	was = l->conf;
	l->conf = fresh;
	name_columns(l);
	connections_conf(l->connections, fresh);
	learn_peers(l);
	log_notice("configuration reloaded from %s", l->lc->conf_path);
	conf_diff(was, fresh, change_line, NULL);
	conf_free(was);
	check_config(fresh, warn_line, NULL);
}

/* Who writes a file in pieces is not to end transfers by the first of them. */
static void
before_judging(void *arg)
{
	reload_if_changed(arg, false);
}

/* While clients are there, what an edit takes from them is seen without a new one: an edit that is a look old is over. */
static void
look_due(void *arg)
{
	struct listener *l = arg;
	unsigned served, waiting;
	bool edited = conf_changed(l->conf);

	if (edited && l->edited)
		reload_if_changed(l, false);
	l->edited = edited && !l->edited;
	connections_count(l->connections, &served, &waiting);
	if (served + waiting > 0)
		loop_timer(l->loop, &l->look, LOOK_AT_FILES_MS);
}

/* --- connections --------------------------------------------------------------------------- */

/* In a process that serves one connection. */
static void
close_listening(void *arg)
{
	struct listener *l = arg;

	listening_close(&l->listening, 0);
	publish_forget(l->publish);
	ledger_forget(l->ledger);
	if (l->pid_fd >= 0)
		close(l->pid_fd);
	loop_abandon(l->loop);
}

static void
pause_over(void *arg)
{
	struct listener *l = arg;

	for (size_t i = 0; i < l->listening.n; i++)
		loop_watch(l->loop, &l->acceptors[i].watch, EPOLLIN);
}

/* No process to be had: let the queue wait instead of spinning on it. */
static void
pause_accepting(struct listener *l)
{
	for (size_t i = 0; i < l->listening.n; i++)
		loop_unwatch(l->loop, &l->acceptors[i].watch);
	l->pause = (struct timer){ .expired = pause_over, .arg = l };
	loop_timer(l->loop, &l->pause, ACCEPT_PAUSE_MS);
}

/* A UNIX socket can be for some users alone. */
static bool
admitted(const struct listener *l, int fd)
{
	uid_t uid;

	return l->peers.all || (sock_peer_uid(fd, &uid) == 0 && listening_admits(&l->peers, uid));
}

/* One that was accepted: refused, or on its way.  0, or -errno when there is no room for any. */
static int
take_in(struct listener *l, const struct newcomer *n)
{
	if (n->peer.ss.ss_family == AF_UNIX && !admitted(l, n->fd)) {
		connections_refuse(l->connections, n->fd, &n->peer, TALLY_NO_PEER, "refused: \"socket peers\" does not name its user");
		return 0;
	}
	return connections_add(l->connections, n->fd, &n->peer, l->conf);
}

/* As many as wait, before anything is done for the first of them: the kernel drops who finds its queue full, and lets him come
 * again a second later. */
static size_t
accept_all(struct listener *l, int fd, struct newcomer come[ACCEPT_BATCH])
{
	size_t n = 0;

	for (; n < ACCEPT_BATCH; n++) {
		struct sockaddr_storage ss;
		socklen_t len = sizeof ss;

		if ((come[n].fd = accept4(fd, (struct sockaddr *)&ss, &len, SOCK_CLOEXEC | SOCK_NONBLOCK)) < 0)
			break;
		addr_from((struct sockaddr *)&ss, len, &come[n].peer);
	}
	if (n < ACCEPT_BATCH && (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)) {
		log_error("accept: %s", strerror(errno));
		pause_accepting(l);
	}
	return n;
}

static void
acceptor_ready(void *arg, uint32_t events)
{
	struct acceptor *acceptor = arg;
	struct listener *l = acceptor->listener;
	struct newcomer come[ACCEPT_BATCH];
	size_t n = accept_all(l, acceptor->watch.fd, come);
	int r, failed = 0;

	(void)events;
	if (n > 0)
		reload_if_changed(l, false);
	if (n > 0 && l->look.slot == 0)
		loop_timer(l->loop, &l->look, LOOK_AT_FILES_MS);
	for (size_t i = 0; i < n; i++)
		if ((r = take_in(l, &come[i])) != 0)
			failed = r;
	if (failed != 0) {		/* told once, however many came */
		log_error("accept: %s", err_text(failed));
		pause_accepting(l);
	}
}

/* It should not end before us.  Connections that it serves end with it; others come. */
static void
restart_spawner(struct listener *l, int status)
{
	int r;

	if (WIFSIGNALED(status))
		log_error("the spawner was killed by signal %d", WTERMSIG(status));
	else
		log_error("the spawner ended with code %d", WEXITSTATUS(status));
	connections_spawner(l->connections, -1);
	close(l->spawner.fd);
	l->spawner.fd = -1;
	if ((r = spawner_start(&l->spawner)) != 0) {
		log_error("cannot start the spawner again: %s", err_text(r));
		l->exit_code = RERR_STREAMIO;
		loop_stop(l->loop);
		return;
	}
	connections_spawner(l->connections, l->spawner.fd);
	publish_spawner(l->publish, l->spawner.fd);
	ledger_spawner(l->ledger, l->spawner.fd);
}

static unsigned
transfers(const struct listener *l)
{
	unsigned served, waiting;

	connections_count(l->connections, &served, &waiting);
	return served;
}

static void
reap(struct listener *l)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (!connections_reaped(l->connections, pid, status) && pid == l->spawner.pid)
			restart_spawner(l, status);
	if (l->stops && transfers(l) == 0)
		loop_stop(l->loop);
}

/* --- the end ---------------------------------------------------------------------------------- */

static void
stopped_waiting(void *arg)
{
	struct listener *l = arg;

	if (l->ending) {
		connections_end(l->connections, SIGKILL);
		loop_stop(l->loop);
		return;
	}
	l->ending = true;
	log_warn("%u transfers are ended: \"stop timeout\" is over", transfers(l));
	connections_end(l->connections, SIGTERM);
	loop_timer(l->loop, &l->stopping, END_MS);
}

/* Take nobody in any more, and wait for transfers as long as the configuration says; they go on alone where it says nothing, as
 * rsync's do. */
static void
begin_stop(struct listener *l)
{
	uint64_t ms = (uint64_t)l->conf->global.stop_timeout * 1000;

	if (l->stops || ms == 0 || transfers(l) == 0) {
		loop_stop(l->loop);
		return;
	}
	l->stops = true;
	(void)notify_send("STOPPING=1\nSTATUS=Waiting for transfers to end");
	log_notice("stopping: %u transfers have %lld seconds to end", transfers(l), (long long)l->conf->global.stop_timeout);
	for (size_t i = 0; i < l->listening.n; i++)
		loop_unwatch(l->loop, &l->acceptors[i].watch);
	loop_timer_clear(l->loop, &l->pause);
	listening_close(&l->listening, 1);
	connections_drain(l->connections);
	loop_timer(l->loop, &l->stopping, ms);
}

/* --- what the service manager is told ------------------------------------------------------- */

static void
watchdog_due(void *arg)
{
	struct listener *l = arg;

	(void)notify_send("WATCHDOG=1");
	loop_timer(l->loop, &l->watchdog, notify_watchdog_ms());
}

static void
tell_status(struct listener *l, const char *first)
{
	char text[128];

	connections_count(l->connections, &l->served, &l->waiting);
	snprintf(text, sizeof text, "%sSTATUS=%u transfer%s, %u waiting", first, l->served, l->served == 1 ? "" : "s", l->waiting);
	(void)notify_send(text);
}

static void
status_due(void *arg)
{
	struct listener *l = arg;
	unsigned served, waiting;

	connections_count(l->connections, &served, &waiting);
	if (served != l->served || waiting != l->waiting)
		tell_status(l, "");
	loop_timer(l->loop, &l->status, STATUS_MS);
}

/* Without a service manager none of the timers runs. */
static void
tell_ready(struct listener *l)
{
	uint64_t watchdog = notify_watchdog_ms();

	tell_status(l, "READY=1\n");
	if (getenv("NOTIFY_SOCKET") != NULL && loop_timer(l->loop, &l->status, STATUS_MS) == 0 && watchdog > 0)
		watchdog_due(l);
}

static void
signal_got(void *arg, int signo)
{
	struct listener *l = arg;

	switch (signo) {
	case SIGCHLD:
		reap(l);
		return;
	case SIGHUP:
		if (log_reopen() != 0)
			log_error("log file could not be reopened");
		ledger_reopen(l->ledger);
		if (l->stops)
			return;
		(void)notify_reloading();
		reload_if_changed(l, true);
		tell_status(l, "READY=1\n");
		return;
	case SIGUSR1:
		l->exit_code = 19;
		break;
	case SIGINT:
		l->exit_code = RERR_SIGNAL;
		log_warn("rsync error: received SIGINT, SIGTERM, or SIGHUP (code %d)", RERR_SIGNAL);
		break;
	default:
		log_info("sent 0 bytes  received 0 bytes  total size 0");
		begin_stop(l);
		return;
	}
	loop_stop(l->loop);
}

/* --- start ---------------------------------------------------------------------------------- */

static int
open_sockets(struct listener *l)
{
	int r = listening_open(&l->lc->listening, l->conf, &l->listening);

	for (size_t i = 0; i < l->listening.n && r == 0; i++) {
		l->acceptors[i].watch = (struct watch){ .fd = l->listening.fd[i], .ready = acceptor_ready, .arg = &l->acceptors[i] };
		l->acceptors[i].listener = l;
		r = loop_watch(l->loop, &l->acceptors[i].watch, EPOLLIN);
	}
	return r;
}

static void
raise_files_limit(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) < 0 || l.rlim_cur >= FILES_WANTED)
		return;
	l.rlim_cur = l.rlim_max < FILES_WANTED ? l.rlim_max : FILES_WANTED;
	setrlimit(RLIMIT_NOFILE, &l);
}

/* Whoever started us is told that we serve, and may end: nothing of ours stays open there. */
static void
leave_terminal(int ready_fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	log_echo(-1);
#ifndef SALLYPORT_SANITIZE
	if (null >= 0)
		dup2(null, STDERR_FILENO);
#endif
	if (null >= 0)
		close(null);
	(void)!write(ready_fd, "", 1);
	close(ready_fd);
}

/* In rsync's words, which name a port; a UNIX socket has none. */
static void
log_start(const struct listening *l)
{
	char path[ADDR_TEXT_SIZE];
	struct addr a;

	for (size_t i = 0; i < l->n; i++) {
		if (sock_local(l->fd[i], &a) != 0 || a.ss.ss_family != AF_UNIX) {
			log_info("sallyport-syncd version %s starting, listening on port %u", PACKAGE_VERSION, addr_port(&a));
			return;
		}
	}
	log_info("sallyport-syncd version %s starting, listening on %s", PACKAGE_VERSION, addr_text(&a, path, sizeof path));
}

static int
start(struct listener *l)
{
	struct connections_env env = { l->loop, l->lc->log_file, l->lc->log_format, NULL, NULL, close_listening, before_judging, l };
	const char *pid_file = l->conf->global.pid_file;
	sigset_t mask;
	int r;

	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGHUP);
	sigaddset(&mask, SIGUSR1);
	signal(SIGPIPE, SIG_IGN);
	raise_files_limit();
	sethostent(0);			/* the name service is loaded here, once, instead of in each monitor */
	endhostent();
	if ((r = tally_new(&l->tally)) != 0)
		return r;
	env.tally = l->tally;
	name_columns(l);
	if ((r = ledger_new(l->loop, &l->conf->global, &l->ledger)) != 0)
		return RERR_FILEIO;
	env.ledger = l->ledger;
	if ((r = connections_new(&env, &l->connections)) != 0)
		return r;
	if ((r = loop_signals(l->loop, &mask, signal_got, l)) != 0)
		return r;
	if ((r = open_sockets(l)) != 0)
		return RERR_SOCKETIO;
	if ((r = spawner_start(&l->spawner)) != 0) {
		l->spawner.fd = -1;
		log_error("cannot start the process that starts others: %s", err_text(r));
		return RERR_FILEIO;
	}
	connections_spawner(l->connections, l->spawner.fd);
	if (pid_file != NULL && pid_file[0] != '\0') {
		if ((l->pid_file = strdup(pid_file)) == NULL)
			return RERR_MALLOC;
		if ((l->pid_fd = pidfile_create(pid_file)) < 0) {
			log_error("failed to lock pid file %s: %s", pid_file, err_text(l->pid_fd));
			return RERR_FILEIO;
		}
	}
	if ((r = publish_new(l->loop, &l->conf->global, l->tally, &l->publish)) != 0)
		return r;
	publish_spawner(l->publish, l->spawner.fd);
	ledger_spawner(l->ledger, l->spawner.fd);
	learn_peers(l);
	check_config(l->conf, error_line, NULL);
	log_start(&l->listening);
	tell_ready(l);
	if (l->lc->ready_fd >= 0)
		leave_terminal(l->lc->ready_fd);
	return 0;
}

static void
stop(struct listener *l)
{
	(void)notify_send("STOPPING=1");
	listening_close(&l->listening, 1);
	publish_free(l->publish);	/* before the pid file: whoever gets that finds all sockets free */
	if (l->pid_file != NULL)
		pidfile_remove(l->pid_file, l->pid_fd);
	free(l->pid_file);
	connections_free(l->connections);
	ledger_free(l->ledger);		/* last of those that have something to say */
	tally_unmap(l->tally);
	if (l->spawner.fd >= 0)
		close(l->spawner.fd);
	loop_free(l->loop);
	conf_free(l->conf);
}

int
listener_run(const struct listener_conf *lc, struct syncd_conf *conf)
{
	struct listener l = { .lc = lc, .conf = conf, .pid_fd = -1, .spawner = { -1, 0 } };

	l.watchdog = (struct timer){ .expired = watchdog_due, .arg = &l };
	l.look = (struct timer){ .expired = look_due, .arg = &l };
	l.stopping = (struct timer){ .expired = stopped_waiting, .arg = &l };
	l.status = (struct timer){ .expired = status_due, .arg = &l };
	if (loop_new(&l.loop) != 0) {
		conf_free(conf);
		return RERR_MALLOC;
	}
	if ((l.exit_code = start(&l)) == 0)
		loop_run(l.loop);
	else if (l.exit_code < 0)
		l.exit_code = RERR_SOCKETIO;
	stop(&l);
	return l.exit_code;
}

/* Start the worker of the only connection there will be, and be its monitor. */
static int
serve_only(const struct listener_conf *lc, const struct syncd_conf *conf, int fd, const struct addr *peer)
{
	struct monitor_job job = { .conf = conf, .peer_fd = fd, .peer = *peer, .report_fd = -1, .count_fd = -1, .accepted = loop_clock(), .log_override = lc->log_file, .log_format = lc->log_format,
	    .proxied = conf->global.proxy_protocol && peer->ss.ss_family != AF_UNIX,	/* a remote shell is no proxy */
	    .deadline = loop_clock() + HANDSHAKE_SECONDS * 1000 };
	struct greeting greeting = GREETING_INIT;
	struct spawn_order o = { .kind = SPAWN_WORKER, .peer = fd, .root = -1, .sums = -1, .deadline = job.deadline,
	    .proxied = job.proxied };
	struct spawner_link spawner;
	int r;

	if ((r = greeting_update(&greeting, conf)) != 0 || (r = spawner_start(&spawner)) != 0) {
		log_error("cannot start the process that starts others: %s", err_text(r));
		greeting_done(&greeting);
		return RERR_STREAMIO;
	}
	job.spawner_fd = spawner.fd;
	o.boot = greeting.boot;
	if ((r = spawn_process(spawner.fd, &o, SPAWN_WAIT, &job.worker)) == 0)
		r = monitor_run(&job);
	close(spawner.fd);
	waitpid(spawner.pid, NULL, 0);
	greeting_done(&greeting);
	return r < 0 ? RERR_STREAMIO : r;
}

int
listener_serve_one(const struct listener_conf *lc, struct syncd_conf *conf, int fd)
{
	struct addr peer, local;
	const char *why = NULL;
	int code = RERR_SOCKETIO;

	signal(SIGPIPE, SIG_IGN);
	if (sock_peer(fd, &peer) != 0 || sock_local(fd, &local) != 0) {
		log_error("standard input: its peer cannot be told");
	} else if (conf->global.loopback_only && !addr_is_loopback(&local)) {
		log_error("connection refused: it came in over the network, and the daemon speaks plain text.  "
		    "Put a TLS tunnel in front of it, or set \"loopback only = no\" in %s", lc->conf_path);
	} else if (peer.ss.ss_family != AF_UNIX && (why = connections_distrust(conf, &peer)) != NULL) {
		log_warn("connection %s", why);
	} else {
		sock_set_blocking(fd, 0);
		listening_keep_alive(fd);
		code = serve_only(lc, conf, fd, &peer);
	}
	conf_free(conf);
	return code;
}
