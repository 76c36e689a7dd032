/* Where connections come from: what counts for all of one address together.  Failed logins are remembered a while, also when nothing else of it is
 * left. */
#ifndef SALLYPORT_SYNCD_ORIGINS_H
#define SALLYPORT_SYNCD_ORIGINS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"

enum { ORIGIN_QUEUES = 4 };

/* All connections from one address. */
struct origin {
	uint64_t network;	/* 0: loopback and UNIX sockets, which many clients share */
	unsigned n[ORIGIN_QUEUES];	/* in each queue of the caller's */
	unsigned held;		/* by a newcomer that is in no queue yet */
	unsigned failures;	/* of logins, */
	uint64_t failed;	/* the last of them, ms; it is remembered for ORIGIN_FAILED_MS */
	struct origin *next;
};

/* Zeroed at first. */
struct origins {
	struct origin *first;
	size_t n;
};

/* Bounds (manual: Logins): so long a failed login makes the next wait (syncd/monitor.h), of so many addresses, those that are here among them. */
enum { ORIGIN_FAILED_MS = 60000, ORIGIN_FAILED_MAX = 1000 };

/* The one of that address, made if there is none; NULL for lack of memory.  It stays until origin_release. */
struct origin *origin_of(struct origins *os, const struct addr *a);

/* Forget it when nothing of it is left. */
void origin_release(struct origins *os, struct origin *o);

/* A login has failed there; and how many have, that are remembered. */
void origin_failed(struct origin *o);
unsigned origin_failures(struct origin *o);

/* Forget them all. */
void origins_done(struct origins *os);

#endif
