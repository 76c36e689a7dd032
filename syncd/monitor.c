/* The privileged process of one connection: its requests, a row each, and its life. */
#include "config.h"

#include "syncd/monitor_internal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "syncd/events.h"
#include "syncd/hooks.h"
#include "syncd/privmsg.h"
#include "syncd/spawn.h"
#include "syncd/types.h"

enum {
	DEADLINE_GRACE = 2000,		/* ms beyond the deadline, for who is to keep it to do so */
};

_Static_assert((int)MODULE_GROUPS_MAX <= (int)SESSION_GROUPS_MAX, "a session is told all of its groups");

static const struct request {
	int (*answer)(struct monitor *, struct cursor *, struct buf *);
	unsigned when;		/* states in which it may be asked */
	bool answered, once;
} requests[REQ_COUNT] = {
	[REQ_LOG] = { answer_log, ST_PROXIED | ST_FRESH | ST_LOGIN | ST_CHOSEN | ST_HOOKED | ST_REFUSED | ST_SESSION, false, false },
	[REQ_LIST] = { answer_list, ST_FRESH, true, false },
	[REQ_MODULE] = { answer_module, ST_FRESH, true, true },
	[REQ_LOGIN] = { answer_login, ST_LOGIN, true, true },
	[REQ_ADMIT] = { answer_admit, ST_CHOSEN, true, true },
	[REQ_NAME] = { answer_name, ST_SESSION, true, false },
	[REQ_ID] = { answer_id, ST_SESSION, true, false },
	[REQ_STARTED] = { answer_started, ST_HOOKED | ST_SESSION, false, true },
	[REQ_ARGS] = { answer_args, ST_HOOKED, false, false },
	[REQ_HOOK] = { answer_hook, ST_HOOKED, true, true },
	[REQ_TOTALS] = { answer_totals, ST_HOOKED | ST_REFUSED | ST_SESSION, false, false },
	[REQ_SHARE] = { answer_share, ST_SESSION, true, false },
	[REQ_ORIGIN] = { answer_origin, ST_PROXIED, false, true },
};

/* May this be asked now?  Whoever asks out of turn is no process of ours any more. */
static bool
in_turn(struct monitor *m, uint8_t id)
{
	if (id >= REQ_COUNT || (requests[id].when & m->state) == 0 || (m->asked & 1u << id) != 0)
		return false;
	if (requests[id].once)
		m->asked |= 1u << id;
	return true;
}

/* Serve one request of the process at the other end of fd.  0, E_EOF when it has ended, or what ends it. */
static int
dispatch(struct monitor *m, int fd)
{
	struct buf in = BUF_INIT, out = BUF_INIT;
	struct cursor c;
	uint8_t id = 0;
	int r;

	if ((r = priv_recv(fd, &id, &in)) == 0) {
		c = cur_of(buf_head(&in), buf_len(&in));
		if (!in_turn(m, id))
			r = E_BREACH;
		else if ((r = requests[id].answer(m, &c, &out)) == 0 && requests[id].answered)
			r = out.err != 0 ? out.err : priv_send(fd, id, buf_head(&out), buf_len(&out));
	}
	buf_done(&in);
	buf_done(&out);
	return r == -EPIPE || r == -ECONNRESET ? E_EOF : r;
}

/* --- the life of a connection -------------------------------------------------------------- */

/* Wait for a request, but not longer than a stranger may take. */
static int
wait_for(struct monitor *m, int fd)
{
	struct pollfd p[2] = { { fd, POLLIN, 0 }, { m->stop_fd, POLLIN, 0 } };
	uint64_t now = loop_clock(), due = m->deadline + DEADLINE_GRACE;
	int ms = m->deadline == 0 ? -1 : now >= due ? 0 : (int)(due - now), n;

	do
		n = poll(p, 2, ms);
	while (n < 0 && errno == EINTR);
	if (n > 0 && p[1].revents != 0)
		return -ECANCELED;
	return n < 0 ? -errno : n == 0 ? E_TIMEOUT : 0;
}

static int
ended(struct monitor *m, const struct spawned *s, const char *name, int r)
{
	int status = 0;

	if (r != E_EOF) {
		log_error("%s of %s (%s) ended: %s", name, m->host, m->addr, err_text(r));
		return RERR_STREAMIO;
	}
	if (spawn_wait(s->control, &status) != 0)
		return RERR_STREAMIO;
	if (status & SPAWN_OVER_MEMORY)
		log_error("%s of %s (%s) was ended: all sessions together held more memory than \"max memory total\" allows", name,
		    m->host, m->addr);
	else if (WIFSIGNALED(status))
		log_error("%s of %s (%s) was killed by signal %d", name, m->host, m->addr, WTERMSIG(status));
	m->raw = status &= ~SPAWN_OVER_MEMORY;
	return WIFEXITED(status) ? WEXITSTATUS(status) : RERR_STREAMIO;
}

/* Serve a process until it ends, or until another one has its place; the exit code of the one that ended.  Closing its
 * control kills what still lives. */
static int
serve(struct monitor *m, const struct spawned *s, unsigned until, const char *name)
{
	int r = 0, code = 0;

	while (r == 0 && (m->state & until) == 0 && (r = wait_for(m, s->channel)) == 0)
		r = dispatch(m, s->channel);
	if (r != 0)
		code = ended(m, s, name, r);
	close(s->channel);
	close(s->control);
	return code;
}

static int
serve_session(struct monitor *m)
{
	struct buf members = BUF_INIT;
	struct event_who who;
	int code;

	m->raw = -1;
	if (!m->boot.grant.hooked) {
		close(m->peer_fd);	/* the session's alone now: its end must be the end */
		m->peer_fd = -1;
	}
	close(m->root_fd);
	if (m->sums_fd >= 0)
		close(m->sums_fd);
	if (m->resolver.channel >= 0) {
		close(m->resolver.channel);
		close(m->resolver.control);
	}
	m->began = loop_clock();
	tally_first(m->job->tally, m->column, m->began - m->job->accepted);
	monitor_tell_row(m, TALLY_RUNS);
	code = serve(m, &m->session, 0, "session");
	monitor_end_share(m);
	who = monitor_event(m);
	monitor_count_end(m, code);
	event_transfer(&who, &m->totals, loop_clock() - m->began, WIFEXITED(m->raw) ? code : -1);
	event_put_transfer(&members, &who, &m->totals, loop_clock() - m->began, WIFEXITED(m->raw) ? code : -1);
	monitor_record(m->job, &members);
	return code;
}

static int
hear_of_stop(void)
{
	sigset_t term;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	return sigprocmask(SIG_BLOCK, &term, NULL) < 0 ? -1 : signalfd(-1, &term, SFD_CLOEXEC);
}

/* A connection that is not served: without a word. */
static int
turn_away(const struct monitor *m)
{
	close(m->job->worker.channel);
	close(m->job->worker.control);
	close(m->peer_fd);
	return RERR_FILEIO;
}

int
monitor_run(const struct monitor_job *job)
{
	struct monitor m = { .job = job, .state = ST_FRESH, .peer = job->peer, .peer_fd = job->peer_fd, .lock_fd = -1, .root_fd = -1, .sums_fd = -1, .raw = -1,
	    .session = { -1, -1 }, .resolver = { -1, -1 }, .list_next = job->list_next,
	    .deadline = job->deadline, .args = BUF_INIT };
	int code;

	m.spawns_root = geteuid() == 0;
	m.stop_fd = hear_of_stop();
	if (job->proxied) {
		m.state = ST_PROXIED;
		addr_host(&m.peer, m.addr, sizeof m.addr);
		snprintf(m.host, sizeof m.host, "UNDETERMINED");
	} else if (monitor_meet(&m) != 0) {
		return turn_away(&m);
	}
	monitor_tell_row(&m, TALLY_GREETS);
	code = serve(&m, &job->worker, ST_HOOKED | ST_SESSION, "worker");
	if (m.state & (ST_HOOKED | ST_SESSION))
		code = serve_session(&m);
	else
		m.raw = -1;
	if (m.peer_fd >= 0)
		close(m.peer_fd);
	monitor_tell_row(&m, TALLY_ENDS);
	hooks_post(&m.hooks, m.raw);
	hooks_done(&m.hooks);
	buf_done(&m.args);
	free(m.request);
	return code;
}
