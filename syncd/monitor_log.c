/* What a connection says to the log, at bounded rates, and to the listener. */
#include "config.h"

#include "syncd/monitor_internal.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/is_set.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "syncd/events.h"
#include "syncd/privmsg.h"
#include "syncd/types.h"

_Static_assert((int)TRANSFER_LINE_MAX <= (int)LOG_WHOLE_MAX, "no line of the log of transfers is cut twice");

enum {
	ROOM_WAIT = 2000,		/* ms for the listener to take what it was told before, */
	ROOM_TURN = 20,			/* looked at so often: what is free may be too little */
	LOG_LINES_MAX = 2000,		/* a connection's lines before it is told no more, */
	LOG_NOTES_MAX = 1000,		/* and of those that only say what was passed over, which are counted by themselves */
	TRANSFER_LINES_AT_ONCE = 50000,	/* lines of the log of transfers: beyond these */
	TRANSFER_LINES_RATE = 5000,	/* so many a second; who has more is kept waiting */
	TRANSFER_LINE_BYTES = 1024,	/* a longer one is as many lines as there are times that in it */
};

void
monitor_put_verdict(struct buf *out, int verdict, const char *message)
{
	buf_u8(out, (uint8_t)verdict);
	buf_text(out, message);
}

/* Who an event is about, as far as it is known. */
struct event_who
monitor_event(const struct monitor *m)
{
	return (struct event_who){ .addr = m->addr, .host = m->host, .user = monitor_user(m), .certificate = m->id.common_name, .module = m->boot.grant.module };
}

void __attribute__((format(printf, 4, 5)))
monitor_refusal(const struct monitor *m, const char *reason, const char *param, const char *fmt, ...)
{
	const struct event_who who = monitor_event(m);
	struct conf_place place = { NULL, 0 };
	struct buf members = BUF_INIT;
	char line[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	monitor_count_refusal(m, reason);
	if (param != NULL)
		place = conf_place(m->job->conf, m->module, param);
	event_refusal(reason, &who, place, line);
	event_put_refusal(&members, reason, &who, place);
	monitor_record(m->job, &members);
}

/* The report, and the n bytes that follow it. */
static int
report(int fd, const struct monitor_report *r, const void *more, size_t n)
{
	struct iovec parts[2] = { { (void *)(uintptr_t)r, sizeof *r }, { (void *)(uintptr_t)more, n } };
	struct pollfd room = { .fd = fd, .events = POLLOUT };
	uint64_t due = loop_clock() + ROOM_WAIT;

	if (fd < 0)
		return 0;
	while (writev(fd, parts, n == 0 ? 1 : 2) < 0) {
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		if (loop_clock() >= due)
			return E_TIMEOUT;
		(void)poll(&room, 1, ROOM_TURN);
	}
	return 0;
}

int
monitor_report(const struct monitor *m, const struct monitor_report *r, const struct standing *s)
{
	return report(m->job->report_fd, r, s, s == NULL ? 0 : sizeof *s);
}

_Static_assert((int)EVENT_SIZE <= (int)MONITOR_EVENT_MAX, "each event is one write");

void
monitor_record(const struct monitor_job *job, struct buf *members)
{
	const struct monitor_report r = { .pid = getpid(), .what = MONITOR_EVENT, .n = (uint32_t)buf_len(members) };
	int fault = members->err != 0 ? members->err : buf_len(members) > MONITOR_EVENT_MAX ? E_LIMIT : 0;

	if (is_set(job->conf->global.ledger) && fault == 0)
		fault = report(job->report_fd, &r, buf_head(members), buf_len(members));
	if (is_set(job->conf->global.ledger) && fault != 0)
		log_error("an event is missing in the ledger: %s", err_text(fault));
	buf_done(members);
}

void
monitor_tell_listener(const struct monitor *m, int what)
{
	const struct monitor_report r = { .pid = getpid(), .what = what, .origin = m->peer };

	(void)monitor_report(m, &r, NULL);
}

/* A line of the log of transfers, where the module has one.  Their number is the number of files, so that none is dropped: who sends them
 * faster than a disk takes them waits. */
static int
log_transfer(struct monitor *m, struct cursor *in)
{
	uint64_t now = loop_clock(), due;

	if (m->state != ST_SESSION || !m->boot.grant.conf.transfer_logging || cur_left(in) > TRANSFER_LINE_MAX)
		return E_BREACH;
	m->transfers += 1 + cur_left(in) / TRANSFER_LINE_BYTES;
	if (m->transfers > TRANSFER_LINES_AT_ONCE) {
		due = m->began + (m->transfers - TRANSFER_LINES_AT_ONCE) * 1000 / TRANSFER_LINES_RATE;
		if (due > now)
			poll(NULL, 0, (int)(due - now));
	}
	log_whole(LOG_INFO, (const char *)in->at, cur_left(in));
	return 0;
}

/* What was passed over and why: a client can make many of these, which must not use up the room for errors. */
static int
log_note(struct monitor *m, struct cursor *in)
{
	if (++m->notes < LOG_NOTES_MAX)
		log_bytes(LOG_INFO, NULL, (const char *)in->at, cur_left(in));
	else if (m->notes == LOG_NOTES_MAX)
		log_warn("too many notes from one connection: no more of them are logged");
	return 0;
}

int
answer_log(struct monitor *m, struct cursor *in, struct buf *out)
{
	const char *user = monitor_user(m);
	int level = cur_u8(in);
	char line[2048];

	(void)out;
	if (level == LOG_TRANSFER)
		return log_transfer(m, in);
	if (in->err != 0 || (level != LOG_REQUEST && (level < LOG_ERR || level > LOG_DEBUG)))
		return E_BREACH;
	if (level == LOG_NOTICE)
		return log_note(m, in);
	if (++m->lines > LOG_LINES_MAX)
		return 0;
	if (m->lines == LOG_LINES_MAX) {
		log_warn("too many lines from one connection: no more of its lines are logged");
	} else if (level == LOG_REQUEST) {
		snprintf(line, sizeof line, "%.*s from %s%s%s (%s)", (int)(cur_left(in) < 1100 ? cur_left(in) : 1100),
		    (const char *)in->at, user, user[0] == '\0' ? "" : "@", m->host, m->addr);
		log_bytes(LOG_INFO, NULL, line, strlen(line));
	} else {
		log_bytes(level, NULL, (const char *)in->at, cur_left(in));
	}
	return 0;
}
