#include "syncd/events.h"

#include <inttypes.h>
#include <stdio.h>

#include "lib/addr.h"
#include "lib/buf.h"
#include "lib/log.h"
#include "syncd/hostname.h"

enum { VALUE_SIZE = 512 };	/* six of them are a record in EVENT_SIZE */

static void
member(struct buf *out, const char *name, const char *value)
{
	char escaped[VALUE_SIZE];

	if (value[0] != '\0')
		buf_printf(out, ", \"%s\": \"%s\"", name, log_json(value, escaped, sizeof escaped));
}

static void
begin(struct buf *out, const char *name, const struct event_who *who)
{
	member(out, "event", name);
	member(out, "module", who->module);
	member(out, "address", who->addr);
	member(out, "host", who->host);
	member(out, "user", who->user);
	member(out, "certificate", who->certificate);
}

static void
put(struct buf *members, int level, const char *text)
{
	log_members(log_level(), level, NULL, members->err == 0 ? buf_cstr(members) : "", text);
	buf_done(members);
}

void
event_connect(const struct event_who *who)
{
	struct buf members = BUF_INIT;
	char line[HOSTNAME_SIZE + ADDR_TEXT_SIZE + 32];

	snprintf(line, sizeof line, "connect from %s (%s)", who->host, who->addr);
	begin(&members, "connect", who);
	put(&members, LOG_INFO, line);
}

void
event_put_refusal(struct buf *members, const char *reason, const struct event_who *who, struct conf_place place)
{
	begin(members, "refused", who);
	member(members, "reason", reason);
	if (place.path != NULL) {
		member(members, "file", place.path);
		buf_printf(members, ", \"line\": %u", place.line);
	}
}

void
event_put_login(struct buf *members, const struct event_who *who)
{
	begin(members, "login", who);
}

void
event_put_transfer(struct buf *members, const struct event_who *who, const struct event_totals *t, uint64_t ms, int code)
{
	begin(members, "transfer", who);
	if (t->known) {
		member(members, "direction", t->pull ? "out" : "in");
		buf_printf(members, ", \"files\": %" PRIu64 ", \"file_bytes\": %" PRIu64 ", \"received\": %" PRIu64 ", \"sent\": %" PRIu64,
		    t->files, t->bytes, t->in, t->out);
	}
	buf_printf(members, ", \"seconds\": %" PRIu64 ".%03u, \"result\": %d", ms / 1000, (unsigned)(ms % 1000), code);
}

void
event_refusal(const char *reason, const struct event_who *who, struct conf_place place, const char *text)
{
	struct buf members = BUF_INIT;

	event_put_refusal(&members, reason, who, place);
	put(&members, LOG_WARNING, text);
}

void
event_login(const struct event_who *who)
{
	struct buf members = BUF_INIT;

	if (!log_in_json())
		return;
	event_put_login(&members, who);
	put(&members, LOG_INFO, "logged in");
}

void
event_transfer(const struct event_who *who, const struct event_totals *t, uint64_t ms, int code)
{
	struct buf members = BUF_INIT;

	if (!log_in_json())
		return;
	event_put_transfer(&members, who, t, ms, code);
	put(&members, LOG_INFO, "transfer ended");
}
