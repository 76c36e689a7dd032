/* Who is refused before it is known who it is, counted: the log gets one line a second and reason, however many come. */
#ifndef SALLYPORT_TUNNEL_SERVICE_REFUSAL_H
#define SALLYPORT_TUNNEL_SERVICE_REFUSAL_H

#include "lib/loop.h"

enum refusal { REFUSED_RATE, REFUSED_SHAKE_RATE, REFUSED_TOTAL, REFUSED_SHARE, REFUSED_STALL, REFUSALS };

struct refusals {
	struct loop *loop;
	struct timer tell;
	unsigned share;			/* how many connections a worker has descriptors for; it is named */
	unsigned n[REFUSALS];		/* since the log last said so */
};

/* All zeros; lines go to the log by a timer of loop, which has to outlive r. */
void refusals_init(struct refusals *r, struct loop *loop);

/* One more. */
void refusals_add(struct refusals *r, enum refusal why);

/* What was not said yet is said now. */
void refusals_done(struct refusals *r);

#endif
