/* What a connection adds to the tally, and its row there. */
#include "config.h"

#include "syncd/monitor_internal.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/loop.h"
#include "syncd/privmsg.h"
#include "syncd/types.h"

enum { MOVES_MOST = 1 << 24, FILES_MOST = 1 << 10, GRACE_MS = 2000, WAIT_MS = 60000 };	/* bytes and files that a session can have moved in one ms, believed */

void
monitor_count(const struct monitor *m, enum tally_counter counter)
{
	tally_add(m->job->tally, m->column, counter, 1);
}

void
monitor_count_refusal(const struct monitor *m, const char *reason)
{
	static const struct { const char *reason; enum tally_counter counter; } reasons[] = {
		{ "address", TALLY_NO_ADDRESS }, { "identity", TALLY_NO_IDENTITY }, { "unknown module", TALLY_NO_MODULE }, { "max connections", TALLY_NO_PLACE },
	};

	for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
		if (strcmp(reasons[i].reason, reason) == 0)
			monitor_count(m, reasons[i].counter);
}

void
monitor_tell_row(struct monitor *m, enum tally_state state)
{
	struct tally_session s = { .pid = (uint32_t)getpid(), .state = (uint8_t)state, .began = time(NULL) - (int64_t)(loop_clock() - m->job->accepted) / 1000 };

	if (m->job->tally == NULL)
		return;
	if (m->totals.known) {
		s.direction = m->totals.pull ? 'o' : 'i';
		s.in = m->totals.in;
		s.out = m->totals.out;
		s.files = m->totals.files;
	}
	snprintf(s.module, sizeof s.module, "%s", m->module == NULL ? "" : m->module->name);
	snprintf(s.user, sizeof s.user, "%s", monitor_user(m));
	snprintf(s.addr, sizeof s.addr, "%s", m->addr);
	m->row_state = state;
	tally_tell(m->job->tally, m->job->row, &s);
}

/* What is new of what was said, as far as that can be true; counted is what was counted of it so far. */
static uint64_t
grown(uint64_t *counted, uint64_t said, uint64_t most)
{
	uint64_t n = said < most ? said : most, more = n > *counted ? n - *counted : 0;

	*counted += more;
	return more;
}

void
monitor_count_totals(struct monitor *m, const struct event_totals *said)
{
	const uint64_t ms = loop_clock() - m->job->accepted + GRACE_MS;
	const struct { enum tally_counter counter; uint64_t n; } sums[] = {
		{ TALLY_IN, grown(&m->counted.in, said->in, ms * MOVES_MOST) },
		{ TALLY_OUT, grown(&m->counted.out, said->out, ms * MOVES_MOST) },
		{ TALLY_FILES, grown(&m->counted.files, said->files, ms * FILES_MOST) },
		{ TALLY_FILE_BYTES, grown(&m->counted.bytes, said->bytes, ms * MOVES_MOST) },
	};

	for (size_t i = 0; i < ARRAY_LEN(sums); i++)
		tally_add(m->job->tally, m->column, sums[i].counter, sums[i].n);
	m->totals = *said;
	monitor_tell_row(m, m->row_state);
}

void
monitor_count_end(const struct monitor *m, int code)
{
	static const enum tally_counter ends[2][2] = {
		{ TALLY_PUSHES_FAILED, TALLY_PUSHES }, { TALLY_PULLS_FAILED, TALLY_PULLS },
	};

	monitor_count(m, !m->totals.known ? TALLY_CUT : ends[m->totals.pull][code == 0]);
}

/* --- rates that many share ---------------------------------------------------------------------- */

int
monitor_shared_rate(const struct monitor *m)
{
	int64_t all = m->job->conf->global.daemon_bwlimit, own = m->module->module_bwlimit;

	if (m->job->tally == NULL)	/* nobody to share with */
		return 0;
	return (int)(all == 0 || (own != 0 && own < all) ? own : all);
}

/* Whoever asks before what it asked for last may move is kept waiting here: so nobody has more than one piece ahead of the others.  Only as
 * long as it is there: 0, E_EOF or -ECANCELED. */
static int
wait_for_share(const struct monitor *m)
{
	struct pollfd over[2] = { { .fd = m->stop_fd, .events = POLLIN }, { .fd = m->session.channel } };
	uint64_t now, ms;

	while ((now = loop_clock()) < m->share_due) {
		ms = m->share_due - now;
		if (poll(over, ARRAY_LEN(over), ms < WAIT_MS ? (int)ms : WAIT_MS) > 0)
			return over[0].revents != 0 ? -ECANCELED : E_EOF;
	}
	return 0;
}

/* The most that is taken for what one asks for: a few of the pieces in which all ask.  More in a turn would be more than its share. */
static uint64_t
bounded(const struct monitor *m, uint64_t bytes)
{
	const uint64_t most = SHARE_PIECES * (uint64_t)share_piece(m->boot.grant.shared_rate);

	return bytes < most ? bytes : most;
}

int
answer_share(struct monitor *m, struct cursor *in, struct buf *out)
{
	uint64_t bytes = cur_le32(in), now, all, own;
	int r;

	if (in->err != 0 || cur_left(in) != 0 || bytes == 0 || bytes > SHARE_MAX)
		return E_BREACH;
	if ((r = wait_for_share(m)) != 0)
		return r;
	m->share_bytes = bounded(m, bytes);
	now = loop_clock() * 1000;
	all = tally_reserve(m->job->tally, TALLY_ALL, m->share_bytes, (uint64_t)m->job->conf->global.daemon_bwlimit, now);
	own = tally_reserve(m->job->tally, m->column, m->share_bytes, (uint64_t)m->module->module_bwlimit, now);
	m->share_due = (all > own ? all : own) / 1000;
	buf_le64(out, m->share_due);
	return out->err;
}

void
monitor_end_share(const struct monitor *m)
{
	const uint64_t now = loop_clock();

	if (now >= m->share_due)
		return;
	tally_give_back(m->job->tally, TALLY_ALL, m->share_bytes, (uint64_t)m->job->conf->global.daemon_bwlimit, now * 1000);
	tally_give_back(m->job->tally, m->column, m->share_bytes, (uint64_t)m->module->module_bwlimit, now * 1000);
}
