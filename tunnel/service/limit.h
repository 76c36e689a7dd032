/* How often somebody may come: connections and handshakes a second, all together and from one address (IPv6: one /64),
 * counted in memory that all workers share and that does not grow.  A worker that was taken over can keep others out for as
 * long as it lives, and a second.  Knows no socket. */
#ifndef SALLYPORT_TUNNEL_SERVICE_LIMIT_H
#define SALLYPORT_TUNNEL_SERVICE_LIMIT_H

#include "lib/addr.h"

struct limits;

enum limit { LIMIT_CONNECTIONS, LIMIT_HANDSHAKES, LIMITS };	/* what is counted, each for itself */

/* For all processes forked from here on; 0 or -errno. Workers of any generation use it. */
int limits_new(struct limits **ret);

/* Gives up what this process holds of it, as it ends; what is shared goes with the last process.  L may be NULL. */
void limits_free(struct limits *l);

/* Nobody has come yet, whatever was counted. */
void limits_clear(struct limits *l);

/* In a child that counts nobody: the memory is not mapped any more, and l not to be used. */
void limits_leave(struct limits *l);

/* May one more come from there at that time (ms)?  A rate of 0 is none; a second's worth may come at once.
 * What is not an IP address counts only for all together. */
int limits_admit(struct limits *l, enum limit what, const struct addr *peer, uint64_t now, unsigned rate, unsigned rate_address);

#endif
