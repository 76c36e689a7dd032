#include "config.h"

#include "syncd/judge.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/log.h"
#include "syncd/daemon_user.h"
#include "syncd/events.h"

enum { JUDGE_SECONDS = 30 };	/* then it is killed, and another one asks */

/* --- when ---------------------------------------------------------------------------------------- */

static void
soon(struct judge *j, uint64_t ms)
{
	if (j->pid == 0)	/* else when that one has ended */
		loop_timer(j->env.loop, &j->due, ms);
}

static void
start(struct judge *j)
{
	struct judge_case *cases = calloc(TALLY_ROWS, sizeof *cases);
	size_t n = cases == NULL ? 0 : j->env.collect(j->env.arg, j->generation, cases, TALLY_ROWS);

	if (n > 0 && (j->pid = fork()) == 0)
		j->env.run(j->env.arg, cases, n);
	free(cases);
	if (cases != NULL && j->pid >= 0)
		return;
	log_error("could not ask clients again after the reload: %s", strerror(errno));
	j->pid = 0;
	j->generation++;
	soon(j, JUDGE_AGAIN_MS);
}

static void
due(void *arg)
{
	struct judge *j = arg;
	unsigned generation = j->generation;

	j->env.before(j->env.arg);
	if (j->generation == generation && j->pid == 0)
		start(j);
}

void
judge_init(struct judge *j, const struct judge_env *env)
{
	*j = (struct judge){ .env = *env, .due = { .expired = due, .arg = j } };
}

void
judge_done(struct judge *j)
{
	loop_timer_clear(j->env.loop, &j->due);
}

void
judge_anew(struct judge *j)
{
	j->generation++;
	soon(j, JUDGE_MS);
}

void
judge_wanted(struct judge *j)
{
	soon(j, 0);
}

void
judge_ended(struct judge *j, int status, bool more)
{
	j->pid = 0;
	if (status != 0) {
		log_error("clients could not be asked again after the reload, which is tried once more");
		j->generation++;
		soon(j, JUDGE_AGAIN_MS);
	} else if (more) {
		soon(j, 0);
	}
}

/* --- the process ---------------------------------------------------------------------------------- */

static int
tell(int fd, pid_t pid)
{
	const struct monitor_report r = { .pid = pid, .what = MONITOR_REFUSED };
	struct pollfd room = { .fd = fd, .events = POLLOUT };

	while (write(fd, &r, sizeof r) < 0) {
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		(void)poll(&room, 1, 20);
	}
	return 0;
}

static void
log_end(const struct monitor_job *job, const struct judge_case *c, const struct admit_verdict *v)
{
	const struct standing *s = c->standing;
	const struct module_conf *m = conf_module(job->conf, s->module);
	char addr[ADDR_TEXT_SIZE], line[2048];
	const char *user = s->user[0] != '\0' ? s->user : s->id.common_name;
	const struct event_who who = { .addr = addr_host(&c->peer, addr, sizeof addr), .host = s->host, .user = s->user,
	    .certificate = s->id.common_name, .module = s->module };
	struct conf_place place = { NULL, 0 };
	struct buf members = BUF_INIT;

	if (m != NULL && v->param != NULL)
		place = conf_place(job->conf, m, v->param);
	snprintf(line, sizeof line, "module %s: %s%s%s (%s) has it no longer, and is ended: %s", s->module, user, user[0] == '\0' ? "" : "@", s->host, addr,
	    v->why[0] != '\0' ? v->why : v->param);
	event_refusal("no longer", &who, place, line);
	event_put_refusal(&members, "no longer", &who, place);
	monitor_record(job, &members);
}

/* 0, or what keeps the listener from hearing of it. */
static int
judge(const struct monitor_job *job, const struct judge_case *c, bool by_host, bool *ret_refused)
{
	struct admit_verdict v;
	int r = by_host ? monitor_recheck_hosts(job, c->standing, &c->peer, &v) : monitor_recheck_rules(job, c->standing, &c->peer, &v);

	if (r == 0)
		return 0;
	*ret_refused = true;
	log_end(job, c, &v);
	return tell(job->report_fd, c->pid);
}

_Noreturn void
judge_run(const struct monitor_job *job, const struct judge_case *cases, size_t n)
{
	bool *refused = calloc(n + 1, sizeof *refused), left;
	int r = refused == NULL ? -ENOMEM : 0;

	alarm(JUDGE_SECONDS);
	if (r == 0)
		r = daemon_user_enter(&job->conf->global, &left);
	for (int by_host = 0; by_host < 2; by_host++)
		for (size_t i = 0; i < n && r == 0; i++)
			if (!refused[i])
				r = judge(job, &cases[i], by_host, &refused[i]);
	_exit(r == 0 ? 0 : 1);
}
