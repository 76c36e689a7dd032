/* What the log is told of a connection with members of their own, where "log style = json"; the same lines as rsync's else. */
#ifndef SALLYPORT_SYNCD_EVENTS_H
#define SALLYPORT_SYNCD_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "syncd/policy/conf.h"

/* Whose event it is; texts are borrowed and never NULL. */
struct event_who {
	const char *addr, *host, *user;
	const char *certificate;	/* the common name of the one that a proxy has verified, or "" */
	const char *module;	/* "": none yet */
};

/* What a session moved, as it says itself at its end. */
struct event_totals {
	bool known;		/* it came to say so */
	bool pull;
	uint64_t in, out;	/* bytes on the wire */
	uint64_t files, bytes;	/* files whose data moved, and what they are long */
};

/* Append what a record of such an event has, `, "event": "NAME", ...`: EVENT_SIZE bytes at most, and no control character, whatever a client
 * calls itself. */
enum { EVENT_SIZE = 3584 };
void event_put_refusal(struct buf *members, const char *reason, const struct event_who *who, struct conf_place place);
void event_put_login(struct buf *members, const struct event_who *who);
void event_put_transfer(struct buf *members, const struct event_who *who, const struct event_totals *t, uint64_t ms, int code);

/* Somebody has come: rsync's line, which its daemon has, too; {"event": "connect", "address": ...} beside it in JSON. */
void event_connect(const struct event_who *who);

/* The same for a refusal, with the line of the file that decided. */
void event_refusal(const char *reason, const struct event_who *who, struct conf_place place, const char *text);

/* Records that there are in JSON alone: somebody has logged in; a transfer has ended, after so many ms, with an exit code (-1: it was
 * killed). */
void event_login(const struct event_who *who);
void event_transfer(const struct event_who *who, const struct event_totals *t, uint64_t ms, int code);

#endif
