/* The loop that runs a connection's phases: deadlines, keep-alive, --bwlimit, errors, the end. */
#include "config.h"

#include "syncd/session/session.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/loop.h"
#include "lib/sock.h"
#include "syncd/privmsg.h"

/* Computing goes on only while somebody waits for what comes of it.  A peer that has shut down its side for writing may have said
 * all that it had to say, and waits for the answer: as long as it takes what we send, and for a while after. */
static int
look_at_peer(void *arg)
{
	struct session *s = arg;
	struct pollfd p = { s->peer.fd, POLLRDHUP, 0 };
	uint64_t now = loop_clock(), since;

	if (now < s->looked_ms + LOOK_MS)
		return 0;
	s->looked_ms = now;
	if (poll(&p, 1, 0) <= 0)
		return 0;
	if (p.revents & (POLLHUP | POLLERR))
		return -ECONNRESET;
	if (s->end_seen_ms == 0)
		s->end_seen_ms = now;
	since = s->last_out > s->end_seen_ms ? s->last_out : s->end_seen_ms;
	return now >= since + GONE_MS ? E_EOF : 0;
}

void
session_init(struct session *s, const struct session_table *table, int peer_fd, int monitor_fd, enum phase first)
{
	memset(s, 0, sizeof *s);
	s->table = table;
	peer_init(&s->peer, peer_fd);
	s->monitor_fd = monitor_fd;
	s->phase = first;
	s->last_in = s->last_out = s->last_alive = loop_clock();
	s->greeting = "";
	s->ndx_in = s->ndx_out = (struct ndx_state)NDX_STATE_INIT;
	s->work = (struct work){ .vain_max = VAIN_MAX, .look = look_at_peer, .arg = s };
	options_init(&s->opt, &s->refusals);
}

void
session_done(struct session *s)
{
	s->table->done(s);
	rules_free(s->rules);
	chmod_free(s->chmod);
	strong_free(s->sum);
	charset_free(s->charset);
	args_free(&s->args);
	free(s->hook_refusal);
	peer_done(&s->peer);
}

/* Text to the client, in its character set. */
static void
put_text(struct session *s, unsigned code, char text[LINE_MAX_BYTES])
{
	char line[LINE_MAX_BYTES];

	if (s->converts && s->peer.framed_out) {
		charset_message(s->charset, text, line, sizeof line);
		text = line;
	}
	if (s->proto.version < 30 && code == MSG_ERROR)
		code = MSG_ERROR_XFER;
	if (s->proto.version < 30 && code == MSG_WARNING)
		code = MSG_INFO;
	peer_put_message(&s->peer, code, text, strlen(text));
}

void
session_tell(struct session *s, unsigned code, const char *fmt, ...)
{
	char text[LINE_MAX_BYTES];
	int level = code == MSG_INFO ? LOG_NOTICE : code == MSG_WARNING ? LOG_WARNING : LOG_ERR;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (code == MSG_ERROR_XFER)
		s->files_failed = true;
	put_text(s, code, text);
	ask_log(s->monitor_fd, level, text, strlen(text));
}

void
session_show(struct session *s, const char *fmt, ...)
{
	char text[LINE_MAX_BYTES];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	put_text(s, MSG_INFO, text);
}

void
session_log(struct session *s, const char *fmt, ...)
{
	char text[LINE_MAX_BYTES];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	ask_log(s->monitor_fd, LOG_INFO, text, strlen(text));
}

enum step
session_fail(struct session *s, int exit_code, const char *fmt, ...)
{
	char text[OPTIONS_MESSAGE_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	s->exit_code = exit_code;
	s->phase = PH_DRAIN;
	if (!s->peer.framed_out) {
		if (!s->args_open)	/* after OK a client no longer reads such lines */
			buf_printf(peer_out(&s->peer), "@ERROR: %s\n", text);
		ask_log(s->monitor_fd, LOG_WARNING, text, strlen(text));
		return STEP_NEXT;
	}
	if (text[0] != '\0')
		session_tell(s, MSG_ERROR, "%s\n", text);
	if (s->proto.version >= 31 && !s->peer_told) {
		peer_put_number(&s->peer, MSG_ERROR_EXIT, exit_code);
		s->peer_told = true;
	}
	return STEP_NEXT;
}

/* What we are: known from the arguments on, whatever has been set up by then. */
static const char *
side(const struct session *s)
{
	return s->opt.sender ? "sender" : "receiver";
}

void
session_totals(struct session *s)
{
	const uint64_t numbers[4] = { peer_transfer_in(&s->peer), peer_transfer_out(&s->peer), s->files_moved, s->bytes_moved };

	tell_totals(s->monitor_fd, s->opt.sender, numbers);
	s->told_at = loop_clock();
}

/* Now and then, for who looks at what the daemon does. */
static void
tell_moved(struct session *s, uint64_t now)
{
	enum { EVERY_MS = 1000 };

	if (s->told_at != 0 && now >= s->told_at + EVERY_MS)
		session_totals(s);
}

void
session_log_end(const struct session *s)
{
	static const struct { int code; const char *text; } names[] = {
		{ RERR_SYNTAX, "syntax or usage error" }, { RERR_PROTOCOL, "protocol incompatibility" },
		{ RERR_UNSUPPORTED, "requested action not supported" }, { RERR_SOCKETIO, "error in socket IO" },
		{ RERR_FILEIO, "error in file IO" }, { RERR_STREAMIO, "error in rsync protocol data stream" },
		{ RERR_SIGNAL, "received SIGINT, SIGTERM, or SIGHUP" },
		{ RERR_MALLOC, "error allocating core memory buffers" }, { RERR_TIMEOUT, "timeout in data send/receive" },
		{ RERR_PARTIAL, "some files/attrs were not transferred (see previous errors)" },
		{ RERR_VANISHED, "some files vanished before they could be transferred" },
	};
	char line[160];
	int n;

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (names[i].code == s->exit_code) {
			n = snprintf(line, sizeof line, "rsync %s: %s (code %d) [%s=%s]", s->exit_code == RERR_VANISHED ? "warning" : "error",
			    names[i].text, s->exit_code, side(s), PACKAGE_VERSION);
			ask_log(s->monitor_fd, LOG_WARNING, line, (size_t)n);
		}
}

bool
session_is_root(const struct session *s)
{
	return s->grant.uid == 0 || s->grant.conf.fake_super;
}

bool
session_converts_links(const struct session *s)
{
	return s->converts && (s->proto.compat & CF_SYMLINK_ICONV) && strchr(s->opt.letters, 's') != NULL;
}

int
session_rules_code(int err)
{
	return err == E_FORMAT ? RERR_SYNTAX : err == E_LIMIT ? RERR_PROTOCOL : RERR_FILEIO;
}

enum step
session_error(struct session *s, int err)
{
	if (s->work.err != 0)		/* whatever came of it */
		err = s->work.err;
	if (s->work.err == 0 && s->rules_error != 0)	/* the words are out */
		return session_fail(s, session_rules_code(s->rules_error), "%s", "");
	if (err == E_PEER) {	/* it has said so itself */
		s->phase = PH_DRAIN;
		return STEP_NEXT;
	}
	if (err == -ENOMEM)
		return session_fail(s, RERR_MALLOC, "rsync error: out of memory (code %d) [%s]", RERR_MALLOC,
		    side(s));
	if (err == E_FORMAT || err == E_LIMIT)
		return session_fail(s, RERR_PROTOCOL, "rsync error: protocol incompatibility (code %d): %s [%s]",
		    RERR_PROTOCOL, err_text(err), side(s));
	if (err == E_WORK)
		return session_fail(s, RERR_UNSUPPORTED, "rsync error: requested action not supported (code %d): the rules take %s [%s]",
		    RERR_UNSUPPORTED, err_text(err), side(s));
	if (err == E_EOF)
		return session_fail(s, RERR_STREAMIO, "connection unexpectedly closed (%llu bytes received so far) [%s]",
		    (unsigned long long)peer_transfer_in(&s->peer), side(s));
	return session_fail(s, RERR_SOCKETIO, "rsync error: error in socket IO (code %d): %s [%s]", RERR_SOCKETIO,
	    err_text(err), side(s));
}

enum step
session_need_input(struct session *s, int err)
{
	if (err == E_SHORT && s->peer.lazy && (err = peer_next_frame(&s->peer)) >= 0) {
		if (err > 0)
			return STEP_NEXT;
		err = E_SHORT;
	}
	if (err != E_SHORT)
		return session_error(s, err);
	return s->peer.eof ? session_error(s, E_EOF) : STEP_WAIT;
}

/* How long the peer may be silent, in ms; 0: for ever, or another deadline counts. */
static uint64_t
quiet_ms(const struct session *s)
{
	if (!s->args_open || s->phase == PH_DRAIN)
		return 0;
	return (uint64_t)(s->grant.conf.timeout > 0 ? s->grant.conf.timeout : s->grant.conf.idle) * 1000;
}

/* How often we show the peer that we are here, in ms; 0: never.  Only a peer with a timeout counts our silence. */
static uint64_t
alive_ms(const struct session *s)
{
	return s->grant.conf.timeout > 0 ? quiet_ms(s) / 2 : 0;
}

static uint64_t
last_moved(const struct session *s)
{
	return s->last_in > s->last_out ? s->last_in : s->last_out;
}

static uint64_t
earlier(uint64_t a, uint64_t b)
{
	return a == 0 || (b != 0 && b < a) ? b : a;
}

/* When may the next byte move, at that rate (KiB a second; 0: any)?  0: now. */
static uint64_t
due_at(const struct session *s, uint64_t rate, uint64_t moved, uint64_t now)
{
	uint64_t due;

	if (rate == 0 || s->phase == PH_DRAIN || s->pace_from == 0)
		return 0;
	due = s->pace_from + moved * 1000 / (rate * 1024);
	return due > now + 100 ? due : 0;
}

/* Out: as the client says (--bwlimit) or the module, whichever is less. */
static uint64_t
out_rate(const struct session *s)
{
	uint64_t asked = (uint64_t)s->opt.bwlimit, most = (uint64_t)s->grant.conf.bwlimit;

	return asked == 0 || (most != 0 && most < asked) ? most : asked;
}

static uint64_t
out_due(const struct session *s, uint64_t now)
{
	return due_at(s, out_rate(s), s->peer.total_out - s->pace_out, now);
}

/* An eighth of a second's worth: nobody is to be silent for longer than that because of a limit. */
static size_t
burst(uint64_t rate)
{
	return (size_t)rate * 1024 / 8;
}

/* 0: any. */
static size_t
smaller(size_t a, size_t b)
{
	return a == 0 || b < a ? b : a;
}

/* When may the next byte move, of a rate that is shared?  0: now.  The next piece is asked for when the one before has moved. */
static uint64_t
shared_due(struct session *s, uint64_t now)
{
	uint64_t moved = s->peer.total_out - s->pace_out + s->peer.total_in - s->pace_in, want;

	if (s->grant.shared_rate == 0 || s->phase == PH_DRAIN || s->pace_from == 0)
		return 0;
	if (moved >= s->share_bytes) {
		want = moved - s->share_bytes + share_piece(s->grant.shared_rate);
		want = want < SHARE_MAX ? want : SHARE_MAX;
		s->share_bytes += want;
		if (ask_share(s->monitor_fd, (uint32_t)want, &s->share_due) != 0)
			s->share_due = 0;	/* the loop sees that the monitor is gone */
	}
	return s->share_due > now ? s->share_due : 0;
}

void
session_pace(struct session *s)
{
	s->pace_from = s->last_out = loop_clock();
	s->pace_out = s->peer.total_out;
	s->pace_in = s->peer.total_in;
	s->peer.burst_out = burst(out_rate(s));
	s->peer.burst_in = burst((uint64_t)s->grant.conf.bwlimit);
	if (s->grant.shared_rate > 0) {
		s->peer.burst_out = smaller(s->peer.burst_out, share_piece(s->grant.shared_rate));
		s->peer.burst_in = smaller(s->peer.burst_in, share_piece(s->grant.shared_rate));
	}
}

/* In: as the module says. */
static uint64_t
in_due(const struct session *s, uint64_t now)
{
	return due_at(s, (uint64_t)s->grant.conf.bwlimit, s->peer.total_in - s->pace_in, now);
}

/* turn: when bytes may move again that may not now, as session_wait found it; 0: they may.  It is not asked for anew: by now it may be over,
 * and who does not wait for bytes then would not wait for a time either. */
static int
wait_ms(const struct session *s, bool yield, uint64_t turn)
{
	uint64_t now = loop_clock(), due = s->deadline, quiet = quiet_ms(s), alive = alive_ms(s);

	if (yield)
		return 0;
	if (quiet != 0)
		due = earlier(due, last_moved(s) + quiet);
	if (alive != 0)
		due = earlier(due, s->last_alive + alive);
	due = earlier(due, turn);
	if (due == 0)
		return -1;
	return due <= now ? 0 : due - now > 3600000 ? 3600000 : (int)(due - now);
}

/* Nothing was said for half of the time that the client allows: an empty frame tells that we are
 * here (rsync-wire 4.6). */
static void
keep_alive(struct session *s)
{
	uint64_t now = loop_clock(), alive = alive_ms(s);

	if (alive == 0 || !s->peer.framed_out || now < s->last_alive + alive)
		return;
	s->last_alive = now;
	if (!peer_pending(&s->peer))
		peer_put_message(&s->peer, MSG_DATA, NULL, 0);
}

static bool
expired(const struct session *s)
{
	uint64_t now = loop_clock(), quiet = quiet_ms(s);

	return (s->deadline != 0 && now >= s->deadline) || (quiet != 0 && now >= last_moved(s) + quiet);
}

/* Too late.  In the text phase the connection just ends, as with rsync's own daemon. */
static void
time_out(struct session *s)
{
	static const char handshake[] = "[Receiver] daemon handshake timeout -- exiting";
	char text[64];

	s->exit_code = RERR_TIMEOUT;
	if (s->phase == PH_DRAIN)
		return;
	if (s->deadline != 0) {
		ask_log(s->monitor_fd, LOG_WARNING, handshake, sizeof handshake - 1);
		return;
	}
	snprintf(text, sizeof text, "[%s] io timeout after %d seconds -- exiting", side(s), (int)(quiet_ms(s) / 1000));
	ask_log(s->monitor_fd, LOG_WARNING, text, strlen(text));
}

/* Move bytes both ways until something has moved or time is up.  0, or what ends it all. */
static int
session_wait(struct session *s, bool yield)
{
	struct pollfd fds[2] = { { s->peer.fd, 0, 0 }, { s->monitor_fd, 0, 0 } };
	uint64_t out = s->peer.total_out, now = loop_clock();
	const uint64_t shared = shared_due(s, now), out_turn = out_due(s, now), in_turn = in_due(s, now);
	const bool paced = shared != 0 || out_turn != 0, held = shared != 0 || in_turn != 0, alive_only = !peer_pending(&s->peer);
	bool takes = peer_wants_input(&s->peer) && !held;
	int r;

	tell_moved(s, now);
	if (paced || held)	/* a peer that is not let is not silent */
		s->last_in = now;

	keep_alive(s);
	r = paced ? E_WANT_WRITE : peer_flush(&s->peer);
	if (r != 0 && r != E_WANT_WRITE)
		return r;
	if (s->peer.total_out != out && !alive_only)	/* a sign of life of ours is none of the peer's */
		s->last_out = s->last_alive = loop_clock();
	if (r == 0 && out != s->peer.total_out && s->phase != PH_DRAIN)
		yield = true;		/* there is room again: let the producer know */
	fds[0].events = (short)((takes ? POLLIN : 0) | (!paced && peer_pending(&s->peer) ? POLLOUT : 0));
	if (fds[0].events == 0 && held)	/* its turn comes: that it has gone shows when the rest is read */
		fds[0].fd = -1;
	if (poll(fds, 2, wait_ms(s, yield, earlier(shared, earlier(out_turn, in_turn)))) < 0 && errno != EINTR)
		return -errno;
	if (fds[1].revents != 0)	/* the monitor never speaks unasked: it is gone */
		return E_BREACH;
	if (fds[0].revents & (POLLIN | POLLHUP | POLLERR) && takes) {
		if ((r = peer_fill(&s->peer)) != 0 && r != E_WANT_READ)
			return r;
		s->last_in = loop_clock();
	} else if (fds[0].revents & (POLLERR | POLLHUP) && !(fds[0].revents & POLLOUT)) {
		return -ECONNRESET;
	}
	return expired(s) && !yield ? E_TIMEOUT : 0;
}

void
session_keepalive(struct session *s)
{
	keep_alive(s);
	(void)peer_flush(&s->peer);	/* what fails now fails again in the loop */
	s->last_in = loop_clock();
}

int
session_flush_wait(struct session *s)
{
	uint64_t until = loop_clock() + FLUSH_WAIT_SECONDS * 1000;
	int r = 0;

	while (buf_len(&s->peer.out) > PEER_OUT_HIGH && (r = peer_flush(&s->peer)) == E_WANT_WRITE) {
		struct pollfd p = { s->peer.fd, (short)(POLLOUT | (peer_wants_input(&s->peer) ? POLLIN : 0)), 0 };

		if (loop_clock() >= until)
			return E_TIMEOUT;
		if (poll(&p, 1, 1000) < 0 && errno != EINTR)
			return -errno;
		if ((p.revents & POLLIN) && (r = peer_fill(&s->peer)) != 0 && r != E_WANT_READ)
			return r;
		r = 0;
	}
	return r;
}

/* A transfer that went to its end may still have left files out (rsync(1), EXIT VALUES). */
static void
count_failures(struct session *s)
{
	if (s->exit_code != 0)
		return;
	if (s->files_failed || (s->io_error & IOERR_GENERAL))
		s->exit_code = RERR_PARTIAL;
	else if (s->io_error & IOERR_VANISHED)
		s->exit_code = RERR_VANISHED;
}

/* Will a client that pushes answer that it ends (MSG_ERROR_EXIT), so that its frames are worth looking at?  Not one whose
 * frames were what was wrong. */
static bool
answers(const struct session *s)
{
	return s->peer_told && s->exit_code == RERR_FILEIO && !s->opt.sender && s->peer.framed_in;
}

/* It will not, or what it sends is no frames. */
static void
await_no_answer(struct session *s)
{
	s->peer.framed_in = false;	/* nothing in it matters any more */
	shutdown(s->peer.fd, SHUT_WR);
}

int
session_run(struct session *s)
{
	enum { STEP_STEPS = 10000 };	/* what one step of a phase counts as, at least */
	enum step step = STEP_NEXT;
	int r;

	while (step != STEP_END) {
		step = s->table->phases[s->phase].run(s);
		if (s->phase != PH_DRAIN && !work_add(&s->work, s->table->phases[s->phase].computes ? STEP_STEPS : 0, 0))
			step = session_error(s, s->work.err);
		if (step == STEP_NEXT || step == STEP_END)
			continue;
		r = session_wait(s, step == STEP_YIELD);
		if (r == E_TIMEOUT) {
			time_out(s);
			break;
		}
		if (r == 0)
			continue;
		if (s->phase == PH_DRAIN && s->peer.framed_in && (r == E_FORMAT || r == E_LIMIT)) {
			await_no_answer(s);
			continue;
		}
		if (s->phase == PH_DRAIN || r == E_BREACH || r == -EPIPE || r == -ECONNRESET) {
			if (s->phase != PH_DRAIN && s->exit_code == 0)
				s->exit_code = r == E_BREACH ? RERR_SIGNAL : RERR_SOCKETIO;
			break;
		}
		step = session_error(s, r);
	}
	count_failures(s);
	return s->exit_code;
}

/* Closing with unread input would make the kernel reset the connection, and the client would
 * never read our last words: shut down our side for writing, read to the end, but not for ever.  While a client writes it
 * takes our end for an error before it has looked at our words: one that answers them sees it after that. */
enum step
drain_run(struct session *s)
{
	s->table->ending(s);	/* what is half done does not wait for the client's farewell */
	if (peer_pending(&s->peer)) {
		if (s->deadline == 0 || s->deadline > loop_clock() + 2 * DRAIN_SECONDS * 1000)
			s->deadline = loop_clock() + 2 * DRAIN_SECONDS * 1000;
		if (peer_flush(&s->peer) == E_WANT_WRITE)
			return STEP_WAIT;
	}
	if (!s->draining) {
		s->draining = true;
		s->deadline = loop_clock() + DRAIN_SECONDS * 1000;
		if (!answers(s))
			await_no_answer(s);
	}
	if (s->peer.framed_in && peer_pull(&s->peer, false) != 0)
		await_no_answer(s);
	buf_clear(&s->peer.in);
	return s->peer.eof ? STEP_END : STEP_WAIT;
}
