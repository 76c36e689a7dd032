#include "config.h"

#include "syncd/listener.h"

#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/addr.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "lib/sock.h"
#include "syncd/monitor.h"
#include "syncd/pidfile.h"
#include "syncd/types.h"

enum { DEFAULT_PORT = 873, FORK_PAUSE_MS = 2000 };

/* What a configuration file looked like when it was read. */
struct stamp {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec mtime;
};

struct listener;

struct door {			/* one listening socket */
	struct watch watch;
	struct listener *listener;
};

struct listener {
	const struct listener_conf *lc;
	struct syncd_conf *conf;
	struct stamp *stamps;	/* one for each of conf->files */
	struct loop *loop;
	struct door doors[LISTENER_SOCKETS_MAX];
	size_t n_doors;
	struct roles roles;
	struct timer pause;
	int children;
	int pid_fd;
	int exit_code;
};

/* --- configuration ------------------------------------------------------------------------ */

int
listener_log(const struct listener_conf *lc, const struct syncd_conf *conf, int foreground)
{
	const char *file = lc->log_file != NULL ? lc->log_file : conf->defaults.log_file;
	struct log_conf log = { .style = LOG_STYLE_RSYNCD, .ident = conf->defaults.syslog_tag, .file_mode = 0644,
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

static struct stamp
stamp_of(const char *path)
{
	struct stamp s = { 0 };
	struct stat st;

	if (stat(path, &st) == 0)
		s = (struct stamp){ st.st_dev, st.st_ino, st.st_size, st.st_mtim };
	return s;
}

static int
take_stamps(struct listener *l)
{
	struct stamp *stamps = calloc(l->conf->n_files + 1, sizeof *stamps);

	if (stamps == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < l->conf->n_files; i++)
		stamps[i] = stamp_of(l->conf->files[i]);
	free(l->stamps);
	l->stamps = stamps;
	return 0;
}

static int
conf_changed(const struct listener *l)
{
	for (size_t i = 0; i < l->conf->n_files; i++) {
		struct stamp now = stamp_of(l->conf->files[i]);

		if (now.dev != l->stamps[i].dev || now.ino != l->stamps[i].ino || now.size != l->stamps[i].size ||
		    now.mtime.tv_sec != l->stamps[i].mtime.tv_sec || now.mtime.tv_nsec != l->stamps[i].mtime.tv_nsec)
			return 1;
	}
	return 0;
}

/* Edits count from the next connection on.  A file that does not load leaves what runs alone,
 * and is complained of once. */
static void
reload_if_changed(struct listener *l)
{
	struct syncd_conf *fresh;
	struct conf_err e;
	char text[1024];

	if (!conf_changed(l))
		return;
	if (conf_load(l->lc->conf_path, l->lc->over, l->lc->n_over, warn_line, NULL, &fresh, &e) != 0) {
		log_error("configuration not reloaded, the one before stays: %s", conf_err_print(&e, text, sizeof text));
		take_stamps(l);
		return;
	}
	conf_free(l->conf);
	l->conf = fresh;
	take_stamps(l);
	log_notice("configuration reloaded from %s", l->lc->conf_path);
}

/* --- connections --------------------------------------------------------------------------- */

static void
serve_child(struct listener *l, int fd, const struct addr *peer)
{
	struct monitor_job job = { l->conf, &l->roles, fd, *peer, l->lc->log_file };
	sigset_t none;

	for (size_t i = 0; i < l->n_doors; i++)
		close(l->doors[i].watch.fd);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_IGN);
	_exit(monitor_run(&job));
}

static void
pause_over(void *arg)
{
	struct listener *l = arg;

	for (size_t i = 0; i < l->n_doors; i++)
		loop_watch(l->loop, &l->doors[i].watch, EPOLLIN);
}

/* No process to be had: let the queue wait instead of spinning on it. */
static void
pause_accepting(struct listener *l)
{
	for (size_t i = 0; i < l->n_doors; i++)
		loop_unwatch(l->loop, &l->doors[i].watch);
	l->pause = (struct timer){ .expired = pause_over, .arg = l };
	loop_timer(l->loop, &l->pause, FORK_PAUSE_MS);
}

static void
start_connection(struct listener *l, int fd, const struct addr *peer)
{
	char text[ADDR_TEXT_SIZE];
	pid_t pid;

	if (l->children >= LISTENER_CHILDREN_MAX) {
		log_warn("connection from %s refused: %d are open already", addr_host(peer, text, sizeof text), l->children);
		return;
	}
	reload_if_changed(l);
	if ((pid = fork()) == 0)
		serve_child(l, fd, peer);
	if (pid < 0) {
		log_error("could not create child server process: %s", strerror(errno));
		pause_accepting(l);
		return;
	}
	l->children++;
}

static void
door_ready(void *arg, uint32_t events)
{
	struct door *door = arg;
	struct listener *l = door->listener;
	struct sockaddr_storage ss;
	socklen_t len = sizeof ss;
	struct addr peer;
	int fd;

	(void)events;
	if ((fd = accept4(door->watch.fd, (struct sockaddr *)&ss, &len, SOCK_CLOEXEC | SOCK_NONBLOCK)) < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
			log_error("accept: %s", strerror(errno));
			pause_accepting(l);
		}
		return;
	}
	addr_from((struct sockaddr *)&ss, len, &peer);
	start_connection(l, fd, &peer);
	close(fd);
}

static void
reap(struct listener *l)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		l->children--;
		if (WIFSIGNALED(status))
			log_error("monitor %d was killed by signal %d", (int)pid, WTERMSIG(status));
	}
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
		reload_if_changed(l);
		if (log_reopen() != 0)
			log_error("log file could not be reopened");
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
		break;
	}
	loop_stop(l->loop);
}

/* --- start ---------------------------------------------------------------------------------- */

/* Listen on one address.  0, E_DENIED when it is not for us to take, or -errno. */
static int
listen_at(struct listener *l, struct addr *a, int only_loopback)
{
	struct door *door = &l->doors[l->n_doors];
	char text[ADDR_TEXT_SIZE];
	int fd, r;

	if (only_loopback && !addr_is_loopback(a)) {
		log_error("will not listen on %s: it is no loopback address, and the daemon speaks plain text.  "
		    "Put a TLS tunnel in front of it, or set \"loopback only = no\" in %s",
		    addr_host(a, text, sizeof text), l->lc->conf_path);
		return E_DENIED;
	}
	if (l->n_doors >= LISTENER_SOCKETS_MAX)
		return E_LIMIT;
	if ((r = sock_listen(a, (int)l->conf->global.backlog, &fd)) != 0) {
		log_error("cannot listen on %s: %s", addr_text(a, text, sizeof text), err_text(r));
		return r;
	}
	door->watch = (struct watch){ .fd = fd, .ready = door_ready, .arg = door };
	door->listener = l;
	l->n_doors++;
	return 0;
}

/* Without an address rsync takes every interface.  We take loopback, both families. */
static int
listen_default(struct listener *l, uint16_t port)
{
	static const struct { const char *any, *loopback; int family; } places[] = {
		{ "0.0.0.0", "127.0.0.1", AF_INET }, { "::", "::1", AF_INET6 },
	};
	int only = l->conf->global.loopback_only, r = 0;
	struct addr a;

	if (only)
		log_notice("no \"address\" is set: listening on loopback only");
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		if (l->lc->family != AF_UNSPEC && l->lc->family != places[i].family)
			continue;
		addr_parse(only ? places[i].loopback : places[i].any, port, &a);
		r = listen_at(l, &a, only);
	}
	return l->n_doors > 0 ? 0 : r;
}

static int
listen_named(struct listener *l, const char *name, uint16_t port)
{
	struct addrinfo hints = { .ai_family = l->lc->family, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE }, *list;
	int only = l->conf->global.loopback_only, r;
	struct addr a;

	if (addr_parse(name, port, &a) == 0)
		return listen_at(l, &a, only);
	if ((r = getaddrinfo(name, NULL, &hints, &list)) != 0) {
		log_error("address \"%s\": %s", name, gai_strerror(r));
		return E_FORMAT;
	}
	r = E_FORMAT;
	for (const struct addrinfo *ai = list; ai != NULL; ai = ai->ai_next) {
		addr_from(ai->ai_addr, ai->ai_addrlen, &a);
		addr_set_port(&a, port);
		r = listen_at(l, &a, only);
	}
	freeaddrinfo(list);
	return l->n_doors > 0 ? 0 : r;
}

static int
open_sockets(struct listener *l)
{
	const char *name = l->lc->address != NULL ? l->lc->address : l->conf->global.address;
	int64_t port = l->lc->port > 0 ? l->lc->port : l->conf->global.port > 0 ? l->conf->global.port : DEFAULT_PORT;
	int r;

	r = name == NULL || name[0] == '\0' ? listen_default(l, (uint16_t)port) : listen_named(l, name, (uint16_t)port);
	if (r != 0)
		return r;
	for (size_t i = 0; i < l->n_doors && r == 0; i++)
		r = loop_watch(l->loop, &l->doors[i].watch, EPOLLIN);
	return r;
}

static int
start(struct listener *l)
{
	const char *pid_file = l->conf->global.pid_file;
	struct addr first;
	sigset_t mask;
	int r;

	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGHUP);
	sigaddset(&mask, SIGUSR1);
	signal(SIGPIPE, SIG_IGN);
	if ((r = loop_signals(l->loop, &mask, signal_got, l)) != 0 || (r = take_stamps(l)) != 0)
		return r;
	if ((r = open_sockets(l)) != 0)
		return RERR_SOCKETIO;
	if ((r = roles_prepare(&l->roles)) != 0) {
		log_error("cannot prepare the roles of our processes: %s", err_text(r));
		return RERR_FILEIO;
	}
	if (pid_file != NULL && pid_file[0] != '\0' && (l->pid_fd = pidfile_create(pid_file)) < 0) {
		log_error("failed to lock pid file %s: %s", pid_file, err_text(l->pid_fd));
		return RERR_FILEIO;
	}
	sock_local(l->doors[0].watch.fd, &first);
	log_info("sallyport-syncd version %s starting, listening on port %u", PACKAGE_VERSION, addr_port(&first));
	sock_notify("READY=1");
	if (l->lc->ready_fd >= 0) {
		(void)!write(l->lc->ready_fd, "", 1);
		close(l->lc->ready_fd);
	}
	return 0;
}

static void
stop(struct listener *l)
{
	struct addr a;
	char path[ADDR_TEXT_SIZE];

	for (size_t i = 0; i < l->n_doors; i++) {
		if (sock_local(l->doors[i].watch.fd, &a) == 0 && a.ss.ss_family == AF_UNIX)
			unlink(addr_text(&a, path, sizeof path));
		close(l->doors[i].watch.fd);
	}
	if (l->conf->global.pid_file != NULL)
		pidfile_remove(l->conf->global.pid_file, l->pid_fd);
	roles_done(&l->roles);
	loop_free(l->loop);
	free(l->stamps);
	conf_free(l->conf);
}

int
listener_run(const struct listener_conf *lc, struct syncd_conf *conf)
{
	struct listener l = { .lc = lc, .conf = conf, .pid_fd = -1, .roles = { .empty_dir = -1 } };

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

int
listener_serve_one(const struct listener_conf *lc, struct syncd_conf *conf, int fd)
{
	struct roles roles;
	struct monitor_job job = { conf, &roles, fd, { .len = 0 }, lc->log_file };
	struct addr local;
	int code = RERR_SOCKETIO;

	signal(SIGPIPE, SIG_IGN);
	if (sock_peer(fd, &job.peer) != 0 || sock_local(fd, &local) != 0) {
		log_error("standard input: its peer cannot be told");
	} else if (conf->global.loopback_only && !addr_is_loopback(&local)) {
		log_error("connection refused: it came in over the network, and the daemon speaks plain text.  "
		    "Put a TLS tunnel in front of it, or set \"loopback only = no\" in %s", lc->conf_path);
	} else if (roles_prepare(&roles) == 0) {
		sock_set_blocking(fd, 0);
		code = monitor_run(&job);
		roles_done(&roles);
	}
	conf_free(conf);
	return code;
}
