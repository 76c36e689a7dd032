#include "config.h"

#include "tunnel/conn/worker.h"

#include <errno.h>
#include <malloc.h>
#include <openssl/async.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/sock.h"
#include "tunnel/conn/conn.h"
#include "tunnel/ipc/ctl.h"
#include "tunnel/service/staple.h"

enum { PAUSE_MS = 1000, STAPLE_WAIT_MS = 1000, TIDY_MS = 500, CROWD = 256 };

struct worker;

struct gate {				/* a listening socket, watched */
	struct worker *w;
	const struct listener *at;
	struct watch watch;
};

struct program {			/* a section whose peer is a program of its own */
	struct worker *w;
	const struct service *sv;
	struct timer retry;
};

struct worker {
	struct program *programs;	/* one for each service, of which few are in use */
	const struct worker_job *job;
	struct conn_env env;
	struct gate *gates;
	struct watch ctl;
	struct timer pause, drained, tidy;
	struct stapler *stapler;
	unsigned most;			/* connections at a time */
	unsigned told;			/* how many of them the board knows of */
	unsigned crowd;			/* the most there were since memory was last given back */
	int starved;			/* no descriptor was left for the next connection */
	uint64_t said;			/* when the log last said so */
	int draining;
};

/* stunnel's share of the descriptor limit (stunnel-conf section 16.5).  Asked before the walls, which
 * do not let a worker ask. */
static unsigned
connections_max(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) < 0 || l.rlim_cur > 1 << 20)
		return (1 << 20) / 256 * 125;
	return l.rlim_cur < 256 ? (l.rlim_cur > 8 ? (unsigned)(l.rlim_cur - 6) / 2 : 1) : (unsigned)(l.rlim_cur * 125 / 256);
}

static void
close_gates(struct worker *w, int for_good)
{
	for (size_t i = 0; i < w->job->listeners->n; i++) {
		loop_unwatch(w->env.loop, &w->gates[i].watch);
		if (for_good)
			close(w->gates[i].at->fd);
	}
}

/* EPOLLEXCLUSIVE: a new connection wakes one worker, not all. */
static void
open_gates(void *arg)
{
	struct worker *w = arg;
	int r;

	w->starved = 0;
	for (size_t i = 0; !w->draining && i < w->job->listeners->n; i++)
		if (!w->gates[i].watch.active &&
		    (r = loop_watch(w->env.loop, &w->gates[i].watch, EPOLLIN | EPOLLEXCLUSIVE)) != 0)
			log_error("epoll: %s (%d)", strerror(-r), -r);
}

static void
stapled(void *arg)
{
	struct worker *w = arg;

	loop_timer_clear(w->env.loop, &w->pause);
	open_gates(w);
}

/* Clients who come first shall find a response to staple, too; but not for long. */
static void
open_gates_soon(struct worker *w)
{
	if (stapler_new(w->job->services, &w->env.asks, stapled, w, &w->stapler) == 0 && w->stapler != NULL)
		loop_timer(w->env.loop, &w->pause, STAPLE_WAIT_MS);
	else
		open_gates(w);
}

static int
comes_too_often(struct worker *w, const struct addr *peer)
{
	const struct tun_conf *conf = w->job->services->conf;

	return !limits_admit(w->job->limits, LIMIT_CONNECTIONS, peer, loop_now(w->env.loop), (unsigned)conf->rate, (unsigned)conf->rate_address);
}

/* The board knows how many there are. */
static void
tell_live(struct worker *w)
{
	scoreboard_add_live(w->job->board, w->job->row, (int)(w->env.count - w->told));
	w->told = w->env.count;
}

/* One more is told before the others are looked at: of two that come at once for the last place both may
 * be refused, but never both let in. */
static int
has_room(struct worker *w)
{
	uint64_t most = (uint64_t)w->job->services->conf->connections_max;

	if (most == 0)
		return 1;
	scoreboard_add_live(w->job->board, w->job->row, 1);
	w->told++;
	return scoreboard_live(w->job->board) <= most;
}

static void
admit(struct worker *w, const struct listener *at, int fd, const struct addr *peer)
{
	static const enum counter counters[REFUSALS] = {
		[REFUSED_RATE] = COUNT_REFUSED_RATE, [REFUSED_SHARE] = COUNT_REFUSED_SHARE, [REFUSED_TOTAL] = COUNT_REFUSED_TOTAL,
	};
	enum refusal why = REFUSALS;

	if (comes_too_often(w, peer))
		why = REFUSED_RATE;
	else if (w->env.count >= w->most)
		why = REFUSED_SHARE;
	else if (!has_room(w))
		why = REFUSED_TOTAL;
	if (why != REFUSALS) {
		close(fd);
		refusals_add(&w->env.refusals, why);
		scoreboard_count(w->job->board, w->job->row, w->job->services->v[at->service].column, counters[why], 1);
	} else {
		if (w->env.count >= w->crowd)
			w->crowd = w->env.count + 1;
		conn_start(&w->env, &w->job->services->v[at->service], fd, fd);
	}
	tell_live(w);
}

/* Who waits to be accepted goes on waiting. */
static void
starve(struct worker *w)
{
	uint64_t now = loop_now(w->env.loop);

	if (w->said == 0 || now - w->said >= PAUSE_MS) {
		log_notice("Accepting new connections suspended for 1 second");
		w->said = now;
	}
	w->starved = 1;
	close_gates(w, 0);
	loop_timer(w->env.loop, &w->pause, PAUSE_MS);
}

/* One connection a call: the next one may go to a worker with less to do. */
static void
gate_ready(void *arg, uint32_t events)
{
	struct gate *g = arg;
	struct addr peer = { .len = sizeof peer.ss };
	int fd = accept4(g->at->fd, (struct sockaddr *)&peer.ss, &peer.len, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)events;
	if (fd >= 0) {
		admit(g->w, g->at, fd, &peer);
	} else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
		starve(g->w);
	}
}

static void
program_ended(void *arg)
{
	struct program *p = arg;

	if (!p->w->draining && p->sv->conf->plain.retry >= 0)
		loop_timer(p->w->env.loop, &p->retry, (uint64_t)p->sv->conf->plain.retry);
}

static void
program_start(void *arg)
{
	struct program *p = arg;

	conn_start_program(&p->w->env, p->sv, program_ended, p);
	tell_live(p->w);
}

static void
start_programs(struct worker *w)
{
	const struct service_set *set = w->job->services;

	for (size_t i = 0; i < set->n && w->job->leads; i++) {
		w->programs[i] = (struct program){ .w = w, .sv = &set->v[i] };
		w->programs[i].retry = (struct timer){ .expired = program_start, .arg = &w->programs[i] };
		if (service_is_program(&set->v[i]))
			program_start(&w->programs[i]);
	}
}

static void
stop_programs(struct worker *w)
{
	for (size_t i = 0; i < w->job->services->n && w->job->leads; i++)
		loop_timer_clear(w->env.loop, &w->programs[i].retry);
}

static void
leave_when_idle(struct worker *w)
{
	if (w->draining && w->env.count == 0)
		loop_stop(w->env.loop);
}

/* The library keeps the stack of every handshake that ever waited for the vault, and the heap is as large as it was once. */
static void
tidy(void *arg)
{
	struct worker *w = arg;

	if (w->env.vault.n > 0) {	/* their stacks are in use */
		loop_timer(w->env.loop, &w->tidy, TIDY_MS);
		return;
	}
	ASYNC_cleanup_thread();
	malloc_trim(0);
	w->crowd = w->env.count;
}

/* A crowd has gone: what it took is given back, once it is quieter. */
static void
tidy_soon(struct worker *w)
{
	if (w->crowd >= CROWD && w->env.count <= w->crowd / 4 && w->tidy.slot == 0)
		loop_timer(w->env.loop, &w->tidy, TIDY_MS);
}

/* A connection that ends leaves room for the next one at once: else a worker with few descriptors would serve no more
 * than these a second. */
static void
one_less(void *arg)
{
	struct worker *w = arg;

	tell_live(w);
	if (w->starved) {
		loop_timer_clear(w->env.loop, &w->pause);
		open_gates(w);
	}
	tidy_soon(w);
	leave_when_idle(w);
}

static void
drained_enough(void *arg)
{
	struct worker *w = arg;

	log_notice("drainTimeout exceeded: resetting %u connection(s)", w->env.count);
	conn_reset_all(&w->env);
}

static void
drain(struct worker *w)
{
	if (w->draining)
		return;
	w->draining = 1;
	loop_timer_clear(w->env.loop, &w->pause);
	refusals_done(&w->env.refusals);
	stop_programs(w);
	stapler_free(w->stapler);
	w->stapler = NULL;
	close_gates(w, 1);
	loop_timer(w->env.loop, &w->drained, (uint64_t)w->job->services->conf->drain_timeout * 1000);
	leave_when_idle(w);
}

static void
take_lists(struct worker *w, int fd)
{
	struct crl_share *fresh;
	int r = crl_share_open(fd, &fresh);

	close(fd);
	if (r == 0)
		conn_recheck_all(&w->env, fresh);
	else
		log_error("Revocation lists: %s", err_text(r));
}

static void
ctl_ready(void *arg, uint32_t events)
{
	struct worker *w = arg;
	enum ctl what;
	int r, fd;

	(void)events;
	while ((r = ctl_recv(w->job->ctl_fd, &what, &fd)) == 0) {
		if (what == CTL_DRAIN)
			drain(w);
		else if (what == CTL_LIST)
			conn_list(&w->env);
		else if (what == CTL_LOG && fd >= 0)
			log_take_fd(fd);
		else if (what == CTL_REVOKE && fd >= 0)
			take_lists(w, fd);
		else if (what == CTL_VAULT && fd >= 0)
			vault_queue_channel(&w->env.vault, fd);
	}
	if (r == E_EOF)		/* the master is gone: nothing is served without it */
		_exit(EXIT_FAILURE);
}

/* TERM ends a worker at once; all other signals are the master's business. */
void
worker_reset_signals(void)
{
	static const int ignored[] = { SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGPIPE };
	sigset_t none;

	for (size_t i = 0; i < ARRAY_LEN(ignored); i++)
		signal(ignored[i], SIG_IGN);
	signal(SIGTERM, SIG_DFL);
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int
env_init(struct conn_env *env, const struct worker_job *job, void (*gone)(void *), void *arg)
{
	int r;

	*env = (struct conn_env){ .next_id = job->next_id, .services = job->services, .gone = gone, .arg = arg,
	    .limits = job->limits, .board = job->board, .row = job->row };
	if ((r = loop_new(&env->loop)) != 0)
		return r;
	if ((r = scratch_new(&env->scratch)) != 0) {
		loop_free(env->loop);
		return r;
	}
	refusals_init(&env->refusals, env->loop);
	spawn_client_init(&env->asks, env->loop, job->ask_fd);
	vault_queue_init(&env->vault, env->loop, job->vault_fd, (uint64_t)job->services->conf->vault_timeout * 1000);
	env->vault.told = job->board == NULL ? NULL : scoreboard_waiting_of(job->board, job->row);
	remotekeys_set_signer(job->services->keys.remote, vault_sign, &env->vault);
	return 0;
}

static void
env_done(struct conn_env *env)
{
	spawn_client_done(&env->asks);
	vault_queue_done(&env->vault);
	crl_share_free(env->revoked);
	scratch_free(env->scratch);
	loop_free(env->loop);
}

static unsigned
handshakes_max(const struct tun_conf *conf, unsigned connections)
{
	return conf->handshakes_max > 0 ? (unsigned)conf->handshakes_max : connections / 4 * 3 + 1;
}

static int
worker_init(struct worker *w, const struct worker_job *job, unsigned most)
{
	int r;

	*w = (struct worker){ .job = job, .most = most };
	w->gates = calloc(job->listeners->n + 1, sizeof *w->gates);
	w->programs = calloc(job->services->n, sizeof *w->programs);
	r = w->gates == NULL || w->programs == NULL ? -ENOMEM : env_init(&w->env, job, one_less, w);
	if (r != 0) {
		free(w->gates);
		free(w->programs);
		return r;
	}
	w->env.shaking_max = handshakes_max(job->services->conf, w->most);
	w->env.refusals.share = w->most;
	for (size_t i = 0; i < job->listeners->n; i++) {
		struct gate *g = &w->gates[i];

		*g = (struct gate){ .w = w, .at = &job->listeners->v[i] };
		g->watch = (struct watch){ .fd = g->at->fd, .ready = gate_ready, .arg = g };
	}
	w->drained = (struct timer){ .expired = drained_enough, .arg = w };
	w->tidy = (struct timer){ .expired = tidy, .arg = w };
	w->pause = (struct timer){ .expired = open_gates, .arg = w };
	w->ctl = (struct watch){ .fd = job->ctl_fd, .ready = ctl_ready, .arg = w };
	return 0;
}

static void
worker_done(struct worker *w)
{
	stapler_free(w->stapler);
	env_done(&w->env);
	free(w->gates);
	free(w->programs);
}

_Noreturn void
worker_main(const struct worker_job *job)
{
	char report[ROLE_REPORT_SIZE];
	unsigned most = connections_max();
	struct worker w;
	int r;

	worker_reset_signals();
	if (role_enter(job->role, report) != 0) {
		log_error("%s", report);
		_exit(WORKER_EXIT_ROLE);
	}
	log_debug("Worker %d: %s", (int)getpid(), report);
	if ((r = worker_init(&w, job, most)) == 0) {
		open_gates_soon(&w);
		start_programs(&w);
		if ((r = loop_watch(w.env.loop, &w.ctl, EPOLLIN)) == 0)
			r = loop_run(w.env.loop);
		worker_done(&w);
	}
	if (r != 0)
		log_error("Worker %d: %s (%d)", (int)getpid(), strerror(-r), -r);
	_exit(r == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

static void
served(void *arg)
{
	struct conn_env *env = arg;

	loop_stop(env->loop);
}

int
worker_serve_one(const struct worker_job *job)
{
	char report[ROLE_REPORT_SIZE];
	struct conn_env env;
	int r;

	signal(SIGPIPE, SIG_IGN);
	if ((r = sock_set_blocking(STDIN_FILENO, 0)) != 0 || (r = sock_set_blocking(STDOUT_FILENO, 0)) != 0)
		return r;
	if ((r = role_enter(job->role, report)) != 0) {
		log_error("%s", report);
		return r;
	}
	if ((r = env_init(&env, job, served, &env)) != 0)
		return r;
	conn_start(&env, &job->services->v[0], STDIN_FILENO, STDOUT_FILENO);
	if (env.count > 0)
		r = loop_run(env.loop);
	env_done(&env);
	return r;
}
