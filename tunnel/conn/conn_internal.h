/* What the phases of a connection share: its struct, and how a phase ends.  For conn.c and the
 * files of one phase each; nobody else knows what a connection is made of. */
#ifndef SALLYPORT_TUNNEL_CONN_CONNPHASE_H
#define SALLYPORT_TUNNEL_CONN_CONNPHASE_H

#include <netinet/in.h>

#include "tunnel/conn/conn.h"
#include "tunnel/tls/duplex.h"
#include "tunnel/ipc/async_job.h"
#include "tunnel/tls/peercert.h"

enum { CONN_ID_SIZE = 24 };

enum phase {
	PH_EARLY, PH_MIDDLE, PH_INSIDE, PH_LATE,	/* in the order of enum starttls_slot */
	PH_LIBWRAP, PH_IDENT, PH_WELCOME, PH_TLS, PH_OCSP, PH_TARGET, PH_LOOKUP, PH_CONNECT, PH_EXEC, PH_RELAY, PH_LINGER,
	PHASES
};
enum step { STEP_NEXT, STEP_WAIT, STEP_GONE };

/* A phase: what it does while it is the connection's; at the end of its time; and at the connection's end, whichever phase that is in
 * (NULL: nothing). */
struct phase_work {
	enum step (*run)(struct conn *c);
	enum step (*expired)(struct conn *c);
	void (*done)(struct conn *c);
};
extern const struct phase_work conn_phases[PHASES];	/* phases.c */

struct conn {
	struct conn_env *env;
	const struct service *sv;
	struct conn *next, **prev;
	struct conn *shaking_next, **shaking_prev;	/* prev NULL: not among them */
	enum phase phase;
	const enum phase *plan;		/* the present one of those that follow upon each other */
	char id[CONN_ID_SIZE];
	char peer[INET6_ADDRSTRLEN + 16];	/* who it is, for the log */
	struct end local, remote;	/* accepted, and connected to */
	struct stream_tls tls;
	struct stream_tcp plain;
	struct peercert cert;
	struct duplex duplex;
	struct timer deadline;
	int gone;			/* it was reset before it was accepted */
	int greeted;			/* its hello was counted */
	uint64_t born, told[2];		/* when it came; bytes to TLS and to plain that the board knows of */
	uint64_t touched;		/* when something last happened, on the loop's clock */
	size_t tried;			/* addresses connected to so far */
	int redirected;			/* to where those go who are not let in */
	size_t first_address;
	struct spawn_ask *ask;		/* while the spawner is asked for a program */
	void (*ended)(void *arg);	/* NULL, or who runs this program */
	void *ended_arg;
	struct judge *judge;		/* while OCSP responders are asked */
	struct talk *talk;		/* while a protocol talks */
	struct async_job *job;		/* while the target's names are looked up */
	int jobs;			/* somebody else works for it, and its peer's end is watched */
	struct targets own;		/* what came of it, or what the peer asked for */
	size_t lingered;		/* bytes thrown away so far */
	unsigned said;			/* which ends the log knows of: bits of conn_say_ends */
};

/* --- conn.c ----------------------------------------------------------------------------------- */

/* A record of the log under the connection's id. */
void conn_log(const struct conn *c, int level, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Its section; its two ends, which a client's are the other way round than a server's; and from now on it has that many
 * seconds. */
const struct tun_service *conn_conf(const struct conn *c);
struct end *conn_tls_end(struct conn *c);
struct end *conn_plain_end(struct conn *c);
void conn_deadline(struct conn *c, int64_t seconds);

/* For end_init: goes on with the connection, arg. */
void conn_ready(void *arg, uint32_t events);

/* Run phases until one waits.  The connection may be gone afterwards. */
void conn_run(struct conn *c);

/* Two ends of a connection, in order and by a reset; what they return is for the caller to return. */
enum step conn_closed(struct conn *c);
enum step conn_reset(struct conn *c);

/* The last phase: until the peer has closed, too, or has had its time. */
enum step conn_linger_run(struct conn *c);
enum step conn_linger_expired(struct conn *c);

/* For the board: so many more of them. */
void conn_count(const struct conn *c, enum counter what, uint64_t n);

/* This phase of the plan is over. */
enum step conn_advance(struct conn *c);

/* Its handshake is over, one way or the other. */
void conn_shaken(struct conn *c);

/* From now on, within its handshake, it is a connection of that section. */
void conn_switch(struct conn *c, const struct service *sv);

/* For requests to the spawner. */
uint32_t conn_service_number(const struct conn *c);

/* Have the spawner do that for the connection (service and peer are filled in), as async_job_start does.  Until conn_job_done,
 * which done calls first, it ends when its peer has gone. */
int conn_job_start(struct conn *c, struct spawn_request *req, size_t max, async_job_done done, struct async_job **ret);
void conn_job_done(struct conn *c);

/* --- summary.c: the last line about a connection ------------------------------------------------ */

/* Once, when it ends: how is "closed" or "reset", as stunnel says it. */
void conn_summary(struct conn *c, const char *how);

/* --- the phases ------------------------------------------------------------------------------- */

enum step conn_tls_run(struct conn *c);		/* handshake_phase.c */
enum step conn_tls_expired(struct conn *c);

int conn_is_revoked(const struct conn *c);	/* crl_recheck.c: since it was let in */
enum step conn_revoke(struct conn *c);

enum step conn_libwrap_run(struct conn *c);		/* libwrap_phase.c */

enum step conn_ident_run(struct conn *c);	/* ident_phase.c */

enum step conn_ocsp_run(struct conn *c);	/* ocsp_phase.c */
void conn_ocsp_free(struct conn *c);

enum step conn_starttls_run(struct conn *c);	/* starttls_phase.c */
int conn_starttls_is_quiet(struct conn *c);		/* the deadline was for that: go on */
void conn_starttls_free(struct conn *c);

enum step conn_target_run(struct conn *c);	/* target_phase.c */
enum step conn_lookup_run(struct conn *c);

enum step conn_connect_run(struct conn *c);	/* connect_phase.c */
enum step conn_connect_expired(struct conn *c);
const struct addr *conn_address(const struct conn *c);	/* the one being tried */

enum step conn_exec_run(struct conn *c);	/* exec_phase.c */
enum step conn_exec_expired(struct conn *c);

enum step conn_proxy_header_run(struct conn *c);	/* proxy_header.c */

enum step conn_relay_run(struct conn *c);	/* relay_phase.c */
enum step conn_idle_expired(struct conn *c);
void conn_say_ends(struct conn *c);		/* what has ended since it was last asked, in the log */

#endif
