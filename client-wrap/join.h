/* An invitation of `sallyport serve` taken: its certificate and key, and an entry in the user's file of hosts. */
#ifndef SALLYPORT_CLIENT_WRAP_JOIN_H
#define SALLYPORT_CLIENT_WRAP_JOIN_H

#include "client-wrap/operand.h"
#include "lib/invite.h"

enum { JOIN_URL_SIZE = 512 };

/* Take the invitation that word is, or, for "-", that standard input has, or, for "@FILE", that the file has.  replace: also for a
 * host that is known by another key.  0 with *ret, which holds no key any more, or enum wrap_status with a message told; nothing has
 * changed then. */
int join_take(const char *word, int replace, struct invite *ret);

/* Where it leads: "rsyncs://host:port/module/".  Returns dst. */
const char *join_url(const struct invite *v, char dst[JOIN_URL_SIZE]);

/* What to type from now on, to standard output. */
void join_advise(const struct invite *v);

#endif
