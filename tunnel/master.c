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
#include "tunnel/spawn.h"
#include "tunnel/vault.h"
#include "tunnel/worker.h"

enum { WORKERS_MAX = 256, RESPAWN_MS = 1000, LOG_MODE = 0640, PID_MODE = 0644 };

enum kind { WORKER, SPAWNER, VAULT };	/* of the last two a generation has one each, where it needs them */
static const char *const kind_names[] = { "Worker", "Spawner", "Vault" };

struct child {
	struct child *next;
	pid_t pid;
	int ctl_fd;
	int draining;
	enum kind kind;
	int leads;			/* the worker that runs programs of their own */
	uint64_t born;
};

struct master {
	const struct source *from;
	struct loop *loop;
	struct plan plan;
	struct keep keep;
	struct identity id;
	uid_t vault_uid;
	gid_t vault_gid;
	struct role_filter *filter, *vault_filter;
	struct child *children;
	unsigned missing;		/* workers to start again */
	struct timer respawn;
	struct limits *limits;
	_Atomic uint64_t *next_id;	/* one count for all workers there will ever be */
	int first;			/* still the generation of the start */
	int stopping;
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

static int
remove_pid(struct master *m)
{
	return is_set(conf_of(m)->pid) && unlink(conf_of(m)->pid) < 0 ? -errno : 0;
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
};

/* In the new process: whatever was the master's own. */
static void
leave_master(struct master *m)
{
	loop_free(m->loop);
	for (struct child *c = m->children; c != NULL; c = c->next)
		close(c->ctl_fd);	/* or a worker would not see the master's end */
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
	    .limits = m->limits };

	leave_master(m);
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
	vault_main(&job);
}

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

static int
spawn(struct master *m, enum kind kind)
{
	static void (*const become[])(struct master *, const struct start *) = {
		[WORKER] = become_worker, [SPAWNER] = become_spawner, [VAULT] = become_vault,
	};
	struct child *c = calloc(1, sizeof *c);
	struct start s;
	int r;

	if (c == NULL)
		return -ENOMEM;
	*c = (struct child){ .next = m->children, .ctl_fd = -1, .born = loop_clock(), .kind = kind };
	if ((r = start_init(m, kind, &s, &c->ctl_fd)) == 0) {
		c->leads = s.leads;
		if ((c->pid = fork()) == 0) {
			close(c->ctl_fd);
			become[kind](m, &s);
		}
		r = c->pid < 0 ? -errno : 0;
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
	if (c->kind != VAULT)
		m->missing = c->kind == SPAWNER ? workers_wanted(m) : m->missing + 1;
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
}

static void
start_generation(struct master *m)
{
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
	drain_all(m);
	m->first = 0;
	plan_free(&old, &m->plan);	/* before the fork: a worker must not hold open what was given up */
	start_generation(m);
	return 0;
}

static void
reload(struct master *m)
{
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
	m->first = 1;
	if ((r = take_signals(m)) == 0) {
		start_generation(m);
		log_info("Accepting new connections");
		sock_notify("READY=1");
		r = loop_run(m->loop);
		kill_all(m);
	}
	loop_free(m->loop);
	return r;
}

static int
run_service(struct master *m)
{
	int r;

	if (conf_of(m)->foreground == FOREGROUND_NO && (r = detach()) != 0)
		return r;
	if ((r = as_service(m, write_pid)) != 0) {
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

/* All that may fail before detaching, with the log still held back. */
static int
prepare(struct master *m)
{
	struct conf_err e = { "", 0, "" };
	int r;

	m->keep.passed.n = (size_t)sock_activation();
	if ((r = remotekeys_new(&m->keep.remote)) != 0 || (r = plan_build(m->from, NULL, &m->keep, &m->plan)) != 0)
		return r;
	if ((r = identity_init(&m->id, conf_of(m), &e)) != 0 ||
	    (r = identity_vault(&m->id, conf_of(m), &m->vault_uid, &m->vault_gid, &e)) != 0) {
		log_error("%s", e.text);
		return r;
	}
	if ((r = share_counter(m)) != 0 || (r = limits_new(&m->limits)) != 0 || (r = role_filter_new(worker_syscalls, &m->filter)) != 0 ||
	    (r = role_filter_new(vault_syscalls, &m->vault_filter)) != 0) {
		log_error("%s (%d)", strerror(-r), -r);
		return r;
	}
	if ((r = as_service(m, open_log)) != 0)
		log_error("Cannot open log file: %s", conf_of(m)->output == NULL ? "" : conf_of(m)->output);
	return r;
}

int
master_run(const struct source *from)
{
	struct master m = { .from = from, .id = IDENTITY_INIT };
	int r = prepare(&m);

	if (r != 0)
		log_error("Configuration failed");
	log_release(r != 0);
	if (r == 0)
		r = conf_of(&m)->inetd ? run_inetd(&m) : run_service(&m);
	plan_free(&m.plan, NULL);
	remotekeys_free(m.keep.remote);
	role_filter_free(m.filter);
	role_filter_free(m.vault_filter);
	identity_done(&m.id);
	return r != 0 ? EXIT_FAILURE : m.status;
}
