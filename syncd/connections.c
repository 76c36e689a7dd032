/* Connections from accept to their end: the greeting, limits for all and for one network, who waits and who is given up. */
#include "config.h"

#include "syncd/connections.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/log.h"
#include "syncd/greeting.h"
#include "syncd/judge.h"
#include "syncd/module_list.h"
#include "syncd/monitor.h"
#include "syncd/origins.h"
#include "syncd/refusal_log.h"
#include "syncd/spawn.h"
#include "syncd/types.h"

enum {
	DEADLINE_GRACE = 5000,	/* ms beyond the deadline, for the worker and the monitor to say so first */
	REPORTS_SIZE = 1 << 20,	/* bytes of reports that wait for us: some for each connection that there may be */
};

enum queue { SILENT, READY, GREETING, SERVED, QUEUES };
_Static_assert((int)QUEUES <= (int)ORIGIN_QUEUES, "each is counted");

struct connection {
	struct connections *all;
	enum queue queue;
	struct connection *older, *newer;	/* in the queue */
	struct origin *origin;
	struct addr peer;
	struct watch watch;	/* the peer while it is silent, then the worker's channel */
	struct timer expiry;
	uint64_t deadline;
	int peer_fd;		/* -1: with the monitor */
	uint32_t greeted;
	bool proxied;		/* it begins with a PROXY header; */
	int count_fd;		/* then its monitor hears of failed logins there; -1 */
	struct spawned worker;	/* channel -1: none, or with the monitor */
	uint32_t list_next;	/* of the list of modules that the worker has asked for */
	pid_t monitor;		/* 0: none yet */
	size_t row;		/* the monitor's, of the tally */
	uint64_t accepted;	/* ms */
	struct standing *standing;	/* what it was let in by; NULL: not yet */
	unsigned judged;	/* by which configuration (generation), */
	bool judging;		/* or by the one whose turn it is */
};

struct line {			/* oldest first */
	struct connection *oldest, *newest;
	unsigned n;
};

struct connections {
	struct connections_env env;
	const struct syncd_conf *conf;
	int spawner;
	struct greeting greeting;
	struct line queues[QUEUES];
	struct origins origins;
	int report[2];		/* monitors write a struct monitor_report */
	struct watch reports;
	struct watch spawner_ready;	/* the spawner's socket, while it takes no more orders */
	bool oldest_next;	/* of those that are ready: its turn, or the newest's */
	uint64_t memory_half;	/* of the machine's, bytes */
	struct judge judge;
	struct refusal_log log;
};

/* --- queues ---------------------------------------------------------------------------------- */

static void
tell_queues(const struct connections *cs)
{
	unsigned served, waiting;

	connections_count(cs, &served, &waiting);
	tally_tell_queues(cs->env.tally, waiting, served);
}

static void
enqueue(struct connection *c, enum queue queue)
{
	struct line *q = &c->all->queues[queue];

	c->queue = queue;
	c->older = q->newest;
	c->newer = NULL;
	*(q->newest == NULL ? &q->oldest : &q->newest->newer) = c;
	q->newest = c;
	q->n++;
	c->origin->n[queue]++;
	tell_queues(c->all);
}

static void
dequeue(struct connection *c)
{
	struct line *q = &c->all->queues[c->queue];

	*(c->older == NULL ? &q->oldest : &c->older->newer) = c->newer;
	*(c->newer == NULL ? &q->newest : &c->newer->older) = c->older;
	q->n--;
	c->origin->n[c->queue]--;
	tell_queues(c->all);
}

static void
close_fds(struct connection *c)
{
	if (c->peer_fd >= 0)
		close(c->peer_fd);
	if (c->worker.channel >= 0) {
		close(c->worker.channel);
		close(c->worker.control);
	}
	c->peer_fd = c->worker.channel = -1;
}

static void
close_count(struct connection *c)
{
	if (c->count_fd >= 0)
		close(c->count_fd);
	c->count_fd = -1;
}

static void
connection_free(struct connection *c)
{
	loop_unwatch(c->all->env.loop, &c->watch);
	loop_timer_clear(c->all->env.loop, &c->expiry);
	dequeue(c);
	origin_release(&c->all->origins, c->origin);
	close_fds(c);
	close_count(c);
	tally_give_row(c->all->env.tally, c->row);
	free(c->standing);
	free(c);
}

/* What is with a monitor ends with it, and is freed when that is reaped. */
static void
give_up(struct connection *c, const char *why)
{
	refusal_log_tell(&c->all->log, &c->peer, why);
	tally_add(c->all->env.tally, 0, TALLY_GIVEN_UP, 1);
	if (c->monitor > 0) {
		c->deadline = 0;	/* that it was killed is no news */
		kill(c->monitor, SIGKILL);
	} else {
		connection_free(c);
	}
}

static void
expired(void *arg)
{
	static const char *const whys[QUEUES] = {
		[SILENT] = "given up: it has said nothing", [READY] = "given up: no process could be started for it in time",
		[GREETING] = "given up: its greeting takes too long", [SERVED] = "given up",
	};
	struct connection *c = arg;

	give_up(c, whys[c->queue]);
}

/* Room for one more.  Who gives way is the oldest of the origin that has most: a flood from one address turns on itself. */
static void
make_room(struct connections *cs, enum queue queue, unsigned most)
{
	struct line *q = &cs->queues[queue];
	struct connection *c, *victim = NULL;
	unsigned crowd = 0;

	if (q->n < most)
		return;
	for (struct origin *o = cs->origins.first; o != NULL; o = o->next)
		crowd = o->n[queue] > crowd ? o->n[queue] : crowd;
	for (c = q->oldest; c != NULL && victim == NULL; c = c->newer)
		if (c->origin->n[queue] == crowd && c->deadline != 0)
			victim = c;
	if (victim == NULL)
		return;
	victim->deadline = 0;		/* chosen once: a monitor needs a moment to be reaped */
	give_up(victim, "given up for a newer one: too many have not said what they want");
}

/* --- the monitor ------------------------------------------------------------------------------ */

static void
forget_others(struct connections *cs, const struct connection *mine)
{
	for (int i = 0; i < QUEUES; i++)
		for (struct connection *c = cs->queues[i].oldest; c != NULL; c = c->newer)
			if (c != mine) {
				close_fds(c);
				close_count(c);
			}
	close(cs->report[0]);
	if (cs->greeting.boot >= 0)
		close(cs->greeting.boot);
	cs->env.close_listening(cs->env.arg);
}

/* Half of the machine's, where the configuration does not say. */
static uint64_t
memory_max(const struct connections *cs)
{
	int64_t said = cs->conf->global.max_memory_total;

	return said > 0 ? (uint64_t)said << 20 : cs->memory_half;
}

static _Noreturn void
run_monitor(struct connection *c)
{
	struct connections *cs = c->all;
	struct monitor_job job = { .conf = cs->conf, .spawner_fd = cs->spawner, .peer_fd = c->peer_fd, .worker = c->worker,
	    .peer = c->peer, .proxied = c->proxied, .list_next = c->list_next, .deadline = c->deadline, .memory_max = memory_max(cs), .report_fd = cs->report[1],
	    .failures = origin_failures(c->origin), .count_fd = c->count_fd,
	    .tally = cs->env.tally, .row = c->row, .accepted = c->accepted, .log_override = cs->env.log_override,
	    .log_format = cs->env.log_format };
	sigset_t none;

	forget_others(cs, c);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	_exit(monitor_run(&job));
}

/* The worker asks for something, or has ended.  Behind a proxy it says first for whom it asks, which is a monitor's to read. */
static void
channel_ready(void *arg, uint32_t events)
{
	struct connection *c = arg;
	char byte;
	int r;

	(void)events;
	if (c->proxied)
		r = recv(c->worker.channel, &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0 ? E_EOF : 0;
	else
		r = module_list_serve(c->all->conf, c->worker.channel, &c->peer, &c->list_next);
	if (r == 1)
		return;
	if (r == E_BREACH) {
		give_up(c, "given up: its worker asked out of turn");
		return;
	}
	if (r < 0) {
		connection_free(c);
		return;
	}
	loop_unwatch(c->all->env.loop, &c->watch);
	if (c->proxied)
		c->count_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	c->row = tally_take_row(c->all->env.tally);
	c->judged = c->all->judge.generation;
	if ((c->monitor = fork()) == 0)
		run_monitor(c);
	if (c->monitor < 0) {
		log_error("could not create child server process: %s", strerror(errno));
		connection_free(c);
		return;
	}
	close_fds(c);
}

static const char *
refusal(const struct connections *cs, const struct origin *o)
{
	if (cs->spawner < 0)
		return "refused: no process can be started for it";
	if (cs->queues[SERVED].n >= CONNECTIONS_SERVED_MAX)
		return "refused: as many transfers as there may be are running";
	if (o->network != 0 && o->n[SERVED] >= CONNECTIONS_ADDRESS_MAX)
		return "refused: as many transfers as one address may have are running";
	return NULL;
}

/* A proxy speaks for somebody, whose share counts from now on. */
static void
change_origin(struct connection *c, const struct addr *peer)
{
	struct connections *cs = c->all;
	struct origin *before = c->origin, *o = origin_of(&cs->origins, peer);
	const char *why;
	uint64_t n;

	if (o == NULL)
		return;
	n = (uint64_t)origin_failures(o) + 1;
	if (c->count_fd >= 0)
		(void)!write(c->count_fd, &n, sizeof n);
	close_count(c);
	dequeue(c);
	c->origin = o;
	c->peer = *peer;
	enqueue(c, GREETING);
	if (before != o)
		origin_release(&cs->origins, before);
	if ((why = refusal(cs, o)) != NULL)
		give_up(c, why);
}

/* --- asked again -------------------------------------------------------------------------------- */

static bool
wants_judging(const struct connection *c)
{
	return c->standing != NULL && c->judged != c->all->judge.generation;
}

static void
before_judging(void *arg)
{
	const struct connections_env *env = &((struct connections *)arg)->env;

	env->before_judging(env->arg);
}

static size_t
collect_cases(void *arg, unsigned generation, struct judge_case *cases, size_t max)
{
	struct connections *cs = arg;
	size_t n = 0;

	for (int i = GREETING; i < QUEUES; i++)
		for (struct connection *c = cs->queues[i].oldest; c != NULL && n < max; c = c->newer)
			if (wants_judging(c)) {
				cases[n++] = (struct judge_case){ c->monitor, c->peer, c->standing };
				c->judged = generation;
				c->judging = true;
			}
	return n;
}

static _Noreturn void
run_judge(void *arg, const struct judge_case *cases, size_t n)
{
	struct connections *cs = arg;
	const struct monitor_job job = { .conf = cs->conf, .spawner_fd = cs->spawner, .report_fd = cs->report[1], .count_fd = -1 };

	forget_others(cs, NULL);
	judge_run(&job, cases, n);
}

static void reports_ready(void *arg, uint32_t events);

/* What it has to say was said before it ended. */
static void
take_judge(struct connections *cs, int status)
{
	bool more = false;

	reports_ready(cs, 0);
	for (int i = GREETING; i < QUEUES; i++)
		for (struct connection *c = cs->queues[i].oldest; c != NULL; c = c->newer) {
			c->judging = false;
			more = more || wants_judging(c);
		}
	judge_ended(&cs->judge, status, more);
}

/* Its monitor ends the session, and does what comes behind it. */
static void
take_refusal(const struct connection *c)
{
	if (c->judging)		/* else it is another one, with the same number */
		kill(c->monitor, SIGTERM);
}

static void
take_standing(struct connection *c)
{
	struct connections *cs = c->all;
	struct standing s;

	if (read(cs->report[0], &s, sizeof s) != (ssize_t)sizeof s || (c->standing == NULL && (c->standing = malloc(sizeof s)) == NULL)) {
		give_up(c, "given up: it could not be kept by what it was let in");
		return;
	}
	*c->standing = s;
	if (wants_judging(c))	/* a reload came between */
		judge_wanted(&cs->judge);
}

static void
reported(struct connections *cs, struct connection *c, const struct monitor_report *r)
{
	switch (r->what) {
	case MONITOR_LOGIN_FAILED:
		origin_failed(c->origin);
		break;
	case MONITOR_ORIGIN:
		change_origin(c, &r->origin);
		break;
	case MONITOR_STANDING:
		take_standing(c);
		break;
	case MONITOR_REFUSED:
		take_refusal(c);
		break;
	case MONITOR_EVENT:	/* taken already */
		break;
	case MONITOR_STARTED:
		if (c->queue != GREETING)	/* it was told before early exec, too */
			break;
		loop_timer_clear(cs->env.loop, &c->expiry);
		dequeue(c);
		enqueue(c, SERVED);
		break;
	}
}

static struct connection *
of_monitor(struct connections *cs, pid_t pid)
{
	for (int i = GREETING; i < QUEUES; i++)
		for (struct connection *c = cs->queues[i].oldest; c != NULL; c = c->newer)
			if (c->monitor == pid)
				return c;
	return NULL;
}

/* What monitors have to say: the arguments of a connection are complete, it is a transfer now; or a login failed; or what the ledger is for. */
static void
reports_ready(void *arg, uint32_t events)
{
	struct connections *cs = arg;
	struct monitor_report r;
	struct connection *c;
	struct standing none;

	(void)events;
	while (read(cs->report[0], &r, sizeof r) == (ssize_t)sizeof r) {
		if (r.what == MONITOR_EVENT)
			ledger_take(cs->env.ledger, cs->report[0], r.n);
		else if ((c = of_monitor(cs, r.pid)) != NULL)
			reported(cs, c, &r);
		else if (r.what == MONITOR_STANDING)
			(void)!read(cs->report[0], &none, sizeof none);
	}
}

int
connections_reaped(struct connections *cs, pid_t pid, int status)
{
	struct connection *c = of_monitor(cs, pid);

	if (pid == cs->judge.pid) {
		take_judge(cs, status);
		return 1;
	}
	if (c == NULL)
		return 0;
	if (WIFSIGNALED(status) && c->deadline != 0)
		log_error("monitor %d was killed by signal %d", (int)pid, WTERMSIG(status));
	connection_free(c);
	return 1;
}

/* --- the newcomer ------------------------------------------------------------------------------ */

/* Have a worker started for c.  -EAGAIN: not now; else c is where it belongs, or gone. */
static int
start_worker(struct connection *c)
{
	struct connections *cs = c->all;
	const struct spawn_order o = { .kind = SPAWN_WORKER, .boot = cs->greeting.boot, .peer = c->peer_fd, .root = -1, .sums = -1,
	    .deadline = c->deadline, .greeted = c->greeted, .proxied = c->proxied };
	int r = spawn_process(cs->spawner, &o, SPAWN_NOW, &c->worker);

	if (r == -EAGAIN)
		return r;
	if (r != 0) {
		c->worker.channel = -1;
		refusal_log_tell(&cs->log, &c->peer, "refused: no process can be started for it");
		connection_free(c);
		return 0;
	}
	make_room(cs, GREETING, CONNECTIONS_GREETING_MAX);
	dequeue(c);
	enqueue(c, GREETING);
	c->watch = (struct watch){ .fd = c->worker.channel, .ready = channel_ready, .arg = c };
	if (loop_watch(cs->env.loop, &c->watch, EPOLLIN) != 0)
		connection_free(c);
	return 0;
}

/* The newest and the oldest in turn: in a flood a newcomer does not wait behind all of it, and nobody waits for ever. */
static void
start_workers(struct connections *cs)
{
	struct line *q = &cs->queues[READY];

	while (q->n > 0) {
		if (start_worker(cs->oldest_next ? q->oldest : q->newest) == -EAGAIN) {
			loop_watch(cs->env.loop, &cs->spawner_ready, EPOLLOUT);
			return;
		}
		cs->oldest_next = !cs->oldest_next;
	}
	loop_unwatch(cs->env.loop, &cs->spawner_ready);
}

static void
spawner_has_room(void *arg, uint32_t events)
{
	(void)events;
	start_workers(arg);
}

/* The first byte is there, unread: it is a worker's. */
static void
peer_ready(void *arg, uint32_t events)
{
	struct connection *c = arg;
	struct connections *cs = c->all;
	int waiting = 0;

	(void)events;
	loop_unwatch(cs->env.loop, &c->watch);
	if (ioctl(c->peer_fd, FIONREAD, &waiting) < 0 || waiting <= 0) {	/* it came and went, as a check of the port does */
		give_up(c, "closed: it has said nothing");
		return;
	}
	make_room(cs, READY, CONNECTIONS_READY_MAX);
	dequeue(c);
	enqueue(c, READY);
	start_workers(cs);
}

/* We speak first, but not to a proxy, which has to say for whom.  What the socket does not take at once is the worker's to send. */
static int
greet(struct connection *c)
{
	const struct buf *text = &c->all->greeting.text;
	ssize_t n = c->proxied ? 0 : send(c->peer_fd, buf_head(text), buf_len(text), MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n < 0)
		return -errno;
	c->greeted = (uint32_t)n;
	c->watch = (struct watch){ .fd = c->peer_fd, .ready = peer_ready, .arg = c };
	return loop_watch(c->all->env.loop, &c->watch, EPOLLIN | EPOLLRDHUP);
}

void
connections_drain(struct connections *cs)
{
	for (int i = 0; i < SERVED; i++)
		for (struct connection *c = cs->queues[i].oldest, *next; c != NULL; c = next) {
			next = c->newer;
			give_up(c, "given up: the daemon stops");
		}
}

void
connections_end(struct connections *cs, int signo)
{
	for (int i = 0; i < QUEUES; i++)
		for (struct connection *c = cs->queues[i].oldest; c != NULL; c = c->newer)
			if (c->monitor > 0) {
				c->deadline = 0;
				kill(c->monitor, signo);
			}
}

void
connections_count(const struct connections *cs, unsigned *ret_served, unsigned *ret_waiting)
{
	*ret_served = cs->queues[SERVED].n;
	*ret_waiting = cs->queues[SILENT].n + cs->queues[READY].n + cs->queues[GREETING].n;
}

void
connections_refuse(struct connections *cs, int fd, const struct addr *peer, enum tally_counter counter, const char *what)
{
	tally_add(cs->env.tally, 0, counter, 1);
	refusal_log_tell(&cs->log, peer, what);
	close(fd);
}

int
connections_add(struct connections *cs, int fd, const struct addr *peer, const struct syncd_conf *conf)
{
	struct origin *o = origin_of(&cs->origins, peer);
	struct connection *c;
	const char *why, *distrust;
	int r;

	cs->conf = conf;
	if (o == NULL || (r = greeting_update(&cs->greeting, conf)) != 0) {
		close(fd);
		return o == NULL ? -ENOMEM : r;
	}
	distrust = connections_distrust(conf, peer);
	if ((why = distrust) != NULL || (why = refusal(cs, o)) != NULL || (c = calloc(1, sizeof *c)) == NULL) {
		connections_refuse(cs, fd, peer, distrust != NULL ? TALLY_NO_PEER : TALLY_NO_ROOM, why != NULL ? why : "refused: out of memory");
		origin_release(&cs->origins, o);
		return 0;
	}
	*c = (struct connection){ .all = cs, .origin = o, .peer = *peer, .peer_fd = fd, .worker = { -1, -1 },
	    .proxied = connections_proxied(conf, peer), .count_fd = -1, .row = TALLY_NO_ROW, .accepted = loop_clock(),
	    .deadline = loop_clock() + greeting_ms(conf), .expiry = { .expired = expired, .arg = c } };
	o->held++;
	make_room(cs, SILENT, CONNECTIONS_SILENT_MAX);
	o->held--;
	enqueue(c, SILENT);
	if (loop_timer(cs->env.loop, &c->expiry, greeting_ms(conf) + DEADLINE_GRACE) != 0 || greet(c) != 0)
		connection_free(c);
	return 0;
}

/* --- start and end ----------------------------------------------------------------------------- */

int
connections_new(const struct connections_env *env, struct connections **ret)
{
	struct connections *cs = calloc(1, sizeof *cs);
	int r;

	if (cs == NULL)
		return -ENOMEM;
	*cs = (struct connections){ .env = *env, .spawner = -1, .greeting = GREETING_INIT };
	if (pipe2(cs->report, O_CLOEXEC | O_NONBLOCK) < 0) {
		r = -errno;
		free(cs);
		return r;
	}
	(void)fcntl(cs->report[1], F_SETPIPE_SZ, REPORTS_SIZE);
	cs->memory_half = (uint64_t)sysconf(_SC_PHYS_PAGES) / 2 * (uint64_t)sysconf(_SC_PAGESIZE);
	judge_init(&cs->judge, &(struct judge_env){ env->loop, before_judging, collect_cases, run_judge, cs });
	refusal_log_init(&cs->log, env->loop);
	cs->reports = (struct watch){ .fd = cs->report[0], .ready = reports_ready, .arg = cs };
	if ((r = loop_watch(env->loop, &cs->reports, EPOLLIN)) != 0) {
		connections_free(cs);
		return r;
	}
	*ret = cs;
	return 0;
}

void
connections_free(struct connections *cs)
{
	if (cs == NULL)
		return;
	reports_ready(cs, 0);		/* what was said before the end counts */
	for (int i = 0; i < QUEUES; i++)
		while (cs->queues[i].oldest != NULL)
			connection_free(cs->queues[i].oldest);
	origins_done(&cs->origins);
	loop_unwatch(cs->env.loop, &cs->reports);
	loop_unwatch(cs->env.loop, &cs->spawner_ready);
	refusal_log_done(&cs->log);
	judge_done(&cs->judge);
	close(cs->report[0]);
	close(cs->report[1]);
	greeting_done(&cs->greeting);
	free(cs);
}

void
connections_spawner(struct connections *cs, int fd)
{
	loop_unwatch(cs->env.loop, &cs->spawner_ready);
	cs->spawner = fd;
	cs->spawner_ready = (struct watch){ .fd = fd, .ready = spawner_has_room, .arg = cs };
	if (fd >= 0)
		start_workers(cs);
}

void
connections_conf(struct connections *cs, const struct syncd_conf *conf)
{
	cs->conf = conf;
	judge_anew(&cs->judge);
}
