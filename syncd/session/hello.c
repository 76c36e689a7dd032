/* The text phase, run by the unprivileged worker: greeting, request, module list. */
#include "syncd/session/session.h"

#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "lib/err.h"
#include "syncd/privmsg.h"

/* text without control bytes, for words that echo the peer's own (hardening I9) */
static const char *
printable(const char *text, char *dst, size_t size)
{
	size_t n = 0;

	for (; text[n] != '\0' && n + 1 < size; n++)
		dst[n] = (unsigned char)text[n] < 0x20 || text[n] == 0x7f ? '?' : text[n];
	dst[n] = '\0';
	return dst;
}

static enum step
refuse_hello(struct session *s, enum hello_fault fault, const char *line)
{
	char shown[128];

	printable(line, shown, sizeof shown);
	switch (fault) {
	case HELLO_NO_SUBPROTOCOL:
		return session_fail(s, RERR_PROTOCOL, "your client omitted the subprotocol value: %s", shown);
	case HELLO_NO_DIGESTS:
		return session_fail(s, RERR_PROTOCOL, "your client omitted the digest name list: %s", shown);
	case HELLO_TOO_OLD:
		return session_fail(s, RERR_PROTOCOL, "protocol version too old: this server speaks %d to %d", PROTO_MIN, PROTO_MAX);
	default:
		return session_fail(s, RERR_PROTOCOL, "protocol startup error");
	}
}

/* Nothing is said to whoever is no proxy: it may be anybody. */
static enum step
no_header(struct session *s, int err, const char *fault)
{
	char text[160];
	int n = snprintf(text, sizeof text, "proxy protocol header is %s%s%s", err == E_LIMIT ? "too long" : "malformed", fault == NULL ? "" : ": ",
	    fault == NULL ? "" : fault);

	ask_log(s->monitor_fd, LOG_WARNING, text, (size_t)n);
	s->exit_code = RERR_PROTOCOL;
	s->phase = PH_DRAIN;
	return STEP_NEXT;
}

/* The header comes before the client's first byte, and the monitor knows whom it serves before we look at that. */
enum step
proxy_run(struct session *s)
{
	struct cursor c = peer_unread(&s->peer);
	struct proxy_in who;
	int r = proxy_in_get(&c, &who);

	if (r == E_SHORT && !s->peer.eof)
		return session_need_input(s, r);
	if (r != 0)
		return no_header(s, r, who.fault);
	peer_consume(&s->peer, &c);
	if ((r = tell_origin(s->monitor_fd, &who)) != 0)
		return session_error(s, r);
	s->phase = PH_HELLO;
	return STEP_NEXT;
}

enum step
hello_run(struct session *s)
{
	struct cursor c = peer_unread(&s->peer);
	char line[LINE_MAX_BYTES + 1];
	enum hello_fault fault;
	int r;

	buf_text(peer_out(&s->peer), s->greeting);	/* we speak first, and do not wait */
	s->greeting = "";
	if ((r = line_get(&c, line, sizeof line)) != 0)
		return r == E_SHORT ? session_need_input(s, r) : refuse_hello(s, HELLO_NOT_RSYNC, "");
	peer_consume(&s->peer, &c);
	if ((fault = hello_get(line, &s->hello)) != HELLO_OK)
		return refuse_hello(s, fault, line);
	s->phase = PH_SELECT;
	return STEP_NEXT;
}

/* The monitor has logged why, in its own words. */
static enum step
denied(struct session *s, const char *message)
{
	buf_printf(peer_out(&s->peer), "@ERROR: %s\n", message);
	s->exit_code = RERR_STARTCLIENT;
	s->phase = PH_DRAIN;
	return STEP_NEXT;
}

/* The module is ours to serve: the connection goes over to a session. */
static enum step
admit(struct session *s)
{
	char message[OPTIONS_MESSAGE_MAX];
	struct admission a;
	int r;

	/* nothing of ours may be left behind: the session writes to the same socket */
	if (peer_flush(&s->peer) != 0)
		return session_error(s, E_LIMIT);
	a = (struct admission){ s->hello.version, s->early, s->n_early, buf_head(&s->peer.in), buf_len(&s->peer.in) };
	if ((r = ask_admit(s->monitor_fd, &a, message, sizeof message)) == E_DENIED)
		return session_fail(s, RERR_STARTCLIENT, "%s", message);
	if (r != 0)
		return session_error(s, r);
	return STEP_END;		/* the session process has the connection now */
}

static enum step
choose(struct session *s, const char *name)
{
	char message[OPTIONS_MESSAGE_MAX];
	int r = ask_module(s->monitor_fd, s->hello.version, s->hello.has_digests ? s->hello.digests : NULL, name, message, sizeof message);

	if (r == E_DENIED)
		return denied(s, message);
	if (r < 0)
		return session_error(s, r);
	if (r == 0)
		return admit(s);
	buf_printf(peer_out(&s->peer), "@RSYNCD: AUTHREQD %s\n", message);
	s->phase = PH_LOGIN;
	return STEP_NEXT;
}

enum step
login_run(struct session *s)
{
	struct cursor c = peer_unread(&s->peer);
	char line[LINE_MAX_BYTES + 1], message[OPTIONS_MESSAGE_MAX];
	int r;

	if ((r = line_get(&c, line, sizeof line)) == E_SHORT)
		return session_need_input(s, r);
	peer_consume(&s->peer, &c);
	if (r == 0 || r == E_LIMIT || r == E_FORMAT)	/* what is no line is a wrong answer */
		r = ask_login(s->monitor_fd, r == 0 ? line : "", message, sizeof message);
	explicit_bzero(line, sizeof line);
	return r == E_DENIED ? denied(s, message) : r < 0 ? session_error(s, r) : admit(s);
}

static enum step
take_early_input(struct session *s)
{
	size_t n = buf_len(&s->peer.in);

	n = n < (size_t)s->early_left ? n : (size_t)s->early_left;
	memcpy(s->early + s->n_early, buf_head(&s->peer.in), n);
	s->n_early += n;
	buf_consume(&s->peer.in, n);
	s->early_left -= (long)n;
	return s->early_left > 0 ? session_need_input(s, E_SHORT) : STEP_NEXT;
}

enum step
select_run(struct session *s)
{
	char line[REQUEST_LINE_MAX + 1], shown[128];
	struct cursor c;
	enum step step;
	int r;

	if (s->early_left > 0 && ((step = take_early_input(s)) != STEP_NEXT || s->phase != PH_SELECT))
		return step;		/* more is to come, or the client is gone */
	c = peer_unread(&s->peer);
	if ((r = line_get(&c, line, sizeof line)) != 0)
		return r == E_SHORT ? session_need_input(s, r) : session_fail(s, RERR_PROTOCOL, "protocol startup error");
	peer_consume(&s->peer, &c);
	switch (request_kind(line, &s->early_left)) {
	case REQUEST_LIST:
		s->phase = PH_LIST;
		return STEP_NEXT;
	case REQUEST_EARLY_INPUT:
		if (s->early_left < 0 || s->early_seen)
			return session_fail(s, RERR_PROTOCOL, "invalid early_input length");
		s->early_seen = true;
		return STEP_NEXT;
	case REQUEST_COMMAND:
		return session_fail(s, RERR_PROTOCOL, "Unknown command '%s'", printable(line, shown, sizeof shown));
	case REQUEST_MODULE:
		return choose(s, line);
	}
	return session_error(s, E_FORMAT);
}

enum step
list_run(struct session *s)
{
	int r;

	while (s->list_next != UINT32_MAX) {
		if (!peer_room(&s->peer))
			return STEP_WAIT;
		if ((r = ask_list(s->monitor_fd, s->list_next, &s->list_next, peer_out(&s->peer))) != 0)
			return session_error(s, r);
	}
	buf_text(peer_out(&s->peer), "@RSYNCD: EXIT\n");
	s->phase = PH_DRAIN;
	return STEP_NEXT;
}
