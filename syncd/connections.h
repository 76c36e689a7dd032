/* Connections from accept to their end: who is greeted, who waits, who gives way, who is given up.  Sends the greeting, and
 * reads no byte from a peer: a connection that says nothing costs a descriptor, one that begins to speak a
 * worker, one that asks for something a monitor (syncd/monitor.h). */
#ifndef SALLYPORT_SYNCD_CONNECTIONS_H
#define SALLYPORT_SYNCD_CONNECTIONS_H

#include <stdbool.h>

#include "lib/addr.h"
#include "lib/loop.h"
#include "syncd/ledger.h"
#include "syncd/policy/conf.h"
#include "syncd/tally.h"

struct connections;

/* Bounds (manual: LIMITS).  Beyond the first three the oldest of the address that has most gives way. */
enum {
	CONNECTIONS_SILENT_MAX = 1024,	/* that have not said a byte */
	CONNECTIONS_READY_MAX = 1024,	/* that have, and wait for a process */
	CONNECTIONS_GREETING_MAX = 256,	/* that have, and whose arguments are not complete */
	CONNECTIONS_SERVED_MAX = 1000,	/* transfers */
	CONNECTIONS_ADDRESS_MAX = 250,	/* of those, from one address (IPv6: /64) that is not loopback */
};

struct connections_env {
	struct loop *loop;
	const char *log_override, *log_format;	/* --log-file and --log-file-format, or NULL */
	struct tally *tally;
	struct ledger *ledger;		/* NULL: there is none */
	void (*close_listening)(void *arg);	/* called in each process that is forked here */
	void (*before_judging)(void *arg);	/* may call connections_conf: what runs is about to be asked again by the configuration */
	void *arg;
};

/* Borrows env's pointers.  0 or -errno. */
int connections_new(const struct connections_env *env, struct connections **ret);

/* Give up all that are not with a monitor; the others end by themselves. */
void connections_free(struct connections *cs);

/* The spawner that starts workers from now on; -1: there is none. */
void connections_spawner(struct connections *cs, int fd);

/* Take a connection that was accepted: fd is non-blocking, and ours now.  conf is borrowed for the call.
 * 0, or -errno when this process cannot do its part: the caller had better wait before the next. */
int connections_add(struct connections *cs, int fd, const struct addr *peer, const struct syncd_conf *conf);

/* Does a connection from this peer begin with a PROXY header? */
bool connections_proxied(const struct syncd_conf *conf, const struct addr *peer);

/* Why no PROXY header is taken from this peer, a static text; NULL: it is, or none is wanted. */
const char *connections_distrust(const struct syncd_conf *conf, const struct addr *peer);

/* Close fd, count it, and tell why at the bounded rate: what was done to the connection, as in "refused: ...". */
void connections_refuse(struct connections *cs, int fd, const struct addr *peer, enum tally_counter counter, const char *what);

/* conf is what monitors are forked with from now on; borrowed.  Clients that are in are asked again (syncd/judge.h), and those who would
 * be refused now are ended. */
void connections_conf(struct connections *cs, const struct syncd_conf *conf);

/* The end is near: whoever has not come so far as a transfer is given up. */
void connections_drain(struct connections *cs);

/* End the transfers that are left: signo SIGTERM: their monitors end them, run what comes behind and go; SIGKILL: at once. */
void connections_end(struct connections *cs, int signo);

/* How many transfers run, and how many connections have not come so far. */
void connections_count(const struct connections *cs, unsigned *ret_served, unsigned *ret_waiting);

/* A child was reaped.  1 when it was a monitor of ours, 0 when not. */
int connections_reaped(struct connections *cs, pid_t pid, int status);

#endif
