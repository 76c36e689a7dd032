/* Lines about strangers who are refused or given up, at a bounded rate: a flood of them fills no disk. */
#ifndef SALLYPORT_SYNCD_REFUSAL_LOG_H
#define SALLYPORT_SYNCD_REFUSAL_LOG_H

#include "lib/addr.h"
#include "lib/loop.h"

/* Bounds (manual: LIMITS): lines at once, and a second; the rest is counted. */
enum { REFUSAL_LOG_BURST = 20, REFUSAL_LOG_RATE = 1 };

struct refusal_log {
	struct loop *loop;
	unsigned tokens, dropped;
	struct timer refill;
};

/* The loop is borrowed, and l must stay where it is. */
void refusal_log_init(struct refusal_log *l, struct loop *loop);
void refusal_log_done(struct refusal_log *l);

/* "connection from PEER WHAT", or one more of those that are counted. */
void refusal_log_tell(struct refusal_log *l, const struct addr *peer, const char *what);

#endif
