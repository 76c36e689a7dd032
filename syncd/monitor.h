/* The privileged process of one connection.  It holds the configuration and secrets, knows who connected, and answers a
 * short table of requests; no byte of the peer is read here. */
#ifndef SALLYPORT_SYNCD_MONITOR_H
#define SALLYPORT_SYNCD_MONITOR_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/addr.h"
#include "lib/buf.h"
#include "syncd/admit.h"
#include "syncd/hostname.h"
#include "syncd/policy/conf.h"
#include "syncd/policy/login.h"
#include "syncd/spawn.h"
#include "syncd/tally.h"
#include "syncd/types.h"

struct monitor_report {
	pid_t pid;		/* whose, or about whose client */
	enum {
		MONITOR_STARTED,	/* the arguments are complete */
		MONITOR_LOGIN_FAILED,
		MONITOR_ORIGIN,		/* it is for this one that a proxy speaks: */
		MONITOR_STANDING,	/* it lets a client in: a struct standing follows, in the same write */
		MONITOR_REFUSED,	/* asked again (syncd/judge.h), it would be refused now */
		MONITOR_EVENT,		/* for the ledger: n bytes follow, in the same write */
	} what;
	uint32_t n;
	struct addr origin;
};

/* What a client was let in by, for being asked again when the configuration has changed. */
struct standing {
	char module[MODULE_NAME_MAX + 1], host[HOSTNAME_SIZE];
	char user[LOGIN_USER_MAX + 1];	/* as who it has logged in, or "" */
	struct identity id;
	bool writes;			/* it may */
	uint64_t hosts, users;		/* of the parameters about hosts and about logins that let it in: other numbers are other ones */
};
_Static_assert(sizeof(struct monitor_report) + sizeof(struct standing) <= PIPE_BUF, "one write is one message");
enum { MONITOR_EVENT_MAX = 3584 };	/* bytes, as syncd/events.h and lib/ledger_chain.h have it, too */
_Static_assert(sizeof(struct monitor_report) + MONITOR_EVENT_MAX <= PIPE_BUF, "one write is one message");

/* A failed login is answered so many ms after it was asked, twice as many for each that failed before from that address, five times
 * at most (manual: LIMITS). */
enum { MONITOR_LOGIN_WAIT = 100, MONITOR_LOGIN_WAIT_DOUBLED = 5 };

struct monitor_job {
	const struct syncd_conf *conf;
	int spawner_fd;
	int peer_fd;		/* taken */
	struct spawned worker;	/* taken */
	struct addr peer;
	bool proxied;		/* the worker says first for whom it speaks */
	uint32_t list_next;	/* of the list of modules, as far as it was asked for already (syncd/module_list.h); 0: not at all */
	uint64_t deadline;	/* of greeting and arguments, ms on the monotonic clock */
	uint64_t memory_max;	/* of all sessions together, bytes; 0: no bound */
	int report_fd;		/* gets a struct monitor_report for each thing that its reader has to know; -1: nobody wants it */
	unsigned failures;	/* logins that have failed from there */
	int count_fd;		/* an eventfd that gets one more than that, where a proxy speaks for somebody else */
	struct tally *tally;	/* where it is counted; NULL: nowhere */
	size_t row;		/* its own there */
	uint64_t accepted;	/* ms on the monotonic clock */
	const char *log_override;	/* --log-file: beats what modules say; NULL: none */
	const char *log_format;		/* --log-file-format likewise; "" switches the log of transfers off */
};

/* Serve one connection to its end; in a process of its own.  The exit code. */
int monitor_run(const struct monitor_job *job);

/* Tell the listener of an event (syncd/events.h), where there is a ledger.  Takes what members holds; what cannot be told is logged. */
void monitor_record(const struct monitor_job *job, struct buf *members);

/* Would a client that stands so, from PEER, be let in by job's configuration (and spawner) as it is?  By its certificate and its login alone, or
 * by its address and host name alone, which may have to be looked up.  0, or E_DENIED with the reason. */
int monitor_recheck_rules(const struct monitor_job *job, const struct standing *s, const struct addr *peer, struct admit_verdict *ret);
int monitor_recheck_hosts(const struct monitor_job *job, const struct standing *s, const struct addr *peer, struct admit_verdict *ret);

#endif
