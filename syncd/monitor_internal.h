/* The monitor's own struct, for monitor.c and its parts; nobody else includes it. */
#ifndef SALLYPORT_SYNCD_MONITOR_INTERNAL_H
#define SALLYPORT_SYNCD_MONITOR_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/buf.h"
#include "lib/cursor.h"
#include "syncd/admit.h"
#include "syncd/boot.h"
#include "syncd/events.h"
#include "syncd/hooks.h"
#include "syncd/hostname.h"
#include "syncd/monitor.h"
#include "syncd/policy/module.h"
#include "syncd/policy/params.h"
#include "syncd/secrets.h"
#include "syncd/spawn.h"
#include "syncd/tally.h"
#include "syncd/wire/proxy_in.h"

enum {	/* states, as bits, in their order: when may a request be made? */
	ST_PROXIED = 1 << 0,	/* the worker: it has not said yet for whom it speaks */
	ST_FRESH = 1 << 1,	/* the worker: no module yet */
	ST_LOGIN = 1 << 2,	/* the worker: a challenge is out */
	ST_CHOSEN = 1 << 3,	/* the worker: a module was granted */
	ST_HOOKED = 1 << 4,	/* the session: pre-xfer exec has not said yes */
	ST_REFUSED = 1 << 5,	/* the session: it has said no, which is to be told */
	ST_SESSION = 1 << 6,	/* the session runs, and the worker is heard no more */
};

struct monitor {
	const struct monitor_job *job;
	struct addr peer;
	char addr[ADDR_TEXT_SIZE], host[HOSTNAME_SIZE];
	struct identity id;	/* what a proxy says of it; nothing of a certificate that was not verified */
	bool spawns_root;	/* the sessions that it has started begin as root, */
	bool left_root;		/* though it has no such rights any more ("daemon uid") */
	unsigned state, asked;	/* asked: requests made that may be made once, as bits 1 << REQ_x */
	int version;
	const struct module_conf *module;
	char shadow_place[1024];	/* of another configuration's "refuse options" (syncd/shadow.h) */
	struct login login;	/* once a challenge is out */
	char user[LOGIN_USER_MAX + 1];	/* "": nobody has logged in */
	struct identity_rule rule;	/* of "tls users", that let it in; name "": there are none */
	struct module_plan plan;
	struct boot boot;	/* what the session will be told */
	struct hooks hooks;
	struct buf args;	/* for hooks, */
	char *request;		/* and what they are about, once it is known */
	unsigned n_args;
	bool claimed;		/* a proxy speaks for it, whose failures count_fd says */
	int stop_fd;		/* tells of SIGTERM: what is served ends, what comes behind it is still done; -1: nothing does */
	int peer_fd;		/* until the session has it alone; -1 */
	int lock_fd, root_fd, sums_fd;	/* -1: none, or not yet */
	int raw;		/* wait status of the process that served last; -1: none has ended */
	struct spawned session, resolver;	/* channel -1: none */
	unsigned lines, notes, names;
	uint64_t transfers;	/* lines of the log of transfers */
	struct event_totals totals;
	struct event_totals counted;	/* of them, in the tally */
	uint64_t share_due, share_bytes;	/* what it reserved last of a shared rate: it may move then, ms */
	size_t column;		/* the module's, of the tally */
	enum tally_state row_state;
	uint64_t began;		/* the session, ms */
	uint32_t list_next;
	uint64_t deadline;	/* of what the peer has to say first, ms; 0: it has said it */
};

/* Who it is for the log and for hooks: as who it has logged in or else, by its certificate; "" for nobody. */
static inline const char *
monitor_user(const struct monitor *m)
{
	return m->user[0] != '\0' ? m->user : m->rule.name;
}

/* --- monitor_log.c --- */

/* Append an answer's verdict and the words for the client. */
void monitor_put_verdict(struct buf *out, int verdict, const char *message);

/* Who an event is about, as far as it is known.  Borrowed from m. */
struct event_who monitor_event(const struct monitor *m);

/* Log a refusal, in rsync's words; param: the module's parameter that decided, or NULL. */
void monitor_refusal(const struct monitor *m, const char *reason, const char *param, const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Tell the listener, if it wants to know, in one piece and with what goes with it (NULL: nothing); wait a while until there is room.  0, E_TIMEOUT
 * or -errno. */
int monitor_report(const struct monitor *m, const struct monitor_report *r, const struct standing *s);

/* The same for what needs no more than a word. */
void monitor_tell_listener(const struct monitor *m, int what);

/* --- monitor_tally.c --- */

/* One more of these, of the module; or of a refusal for that reason, where it is counted as one. */
void monitor_count(const struct monitor *m, enum tally_counter counter);
void monitor_count_refusal(const struct monitor *m, const char *reason);

/* The connection has come so far: its row says so from now on. */
void monitor_tell_row(struct monitor *m, enum tally_state state);

/* What the session says that it moved, by now; m->totals becomes it.  What it cannot have moved since it came is not counted. */
void monitor_count_totals(struct monitor *m, const struct event_totals *said);

/* KiB a second that the module's sessions share among them or with all others, whichever is less; 0: none. */
int monitor_shared_rate(const struct monitor *m);

/* A session has ended: what it reserved and did not wait for is for others. */
void monitor_end_share(const struct monitor *m);

/* A session has ended, with that code. */
void monitor_count_end(const struct monitor *m, int code);

/* --- monitor_peer.c --- */

/* Know who is there, and then give up what the configuration says: addresses are looked up before ("daemon chroot").  0 or E_DENIED. */
int monitor_meet(struct monitor *m);

/* Do the module's lists let the client in, by its address and its certificate, or by its address alone?  0 or E_DENIED. */
int monitor_admit(struct monitor *m, struct admit_verdict *ret);
int monitor_admit_host(struct monitor *m, struct admit_verdict *ret);

/* What "shadow policy" would say of that, or of the user who has logged in with ACCESS, is told where it is something else. */
void monitor_ask_shadow(struct monitor *m, const char *module, bool let_in);
void monitor_ask_shadow_login(struct monitor *m, enum login_access access);

/* --- monitor_standing.c --- */

/* Tell the listener what the client is let in by.  0, or E_DENIED, told to the log: it cannot be, and nobody could take it back. */
int monitor_tell_standing(const struct monitor *m);

/* --- monitor_access.c --- */

/* What is wrong with the module's parameters that a check of this kind looks at is told.  The first one's name, or NULL. */
const char *monitor_faults(const struct monitor *m, enum param_check check);

/* What a module's parameters may name of this connection.  Borrowed from m. */
struct module_facts monitor_facts(const struct monitor *m);

/* --- answers to requests (syncd/privmsg.h): in holds what was asked, out gets the answer.  0, or what ends the process that asked --- */

typedef int monitor_answer(struct monitor *m, struct cursor *in, struct buf *out);

monitor_answer answer_log;
monitor_answer answer_origin;
monitor_answer answer_list, answer_module, answer_login;
monitor_answer answer_admit, answer_started, answer_totals, answer_args, answer_hook;
monitor_answer answer_name, answer_id;
monitor_answer answer_share;

#endif
