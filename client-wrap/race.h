/* Connections to several addresses of one host, begun one after the other and the first kept (RFC 8305, "happy eyeballs"). */
#ifndef SALLYPORT_CLIENT_WRAP_RACE_H
#define SALLYPORT_CLIENT_WRAP_RACE_H

#include <stddef.h>

#include "client-wrap/deadline.h"
#include "lib/addr.h"

enum { RACE_MAX = 16 };			/* addresses that are tried */
enum { RACE_DELAY_MS = 250 };		/* until the next one is begun beside those under way; at once when one fails */

/* Put the n addresses into the order of their attempts: the families take turns, beginning with that of the first, each in its own
 * order.  Pure. */
void race_order(struct addr *v, size_t n);

/* Connect to the first of the n (1 to RACE_MAX) that answers, from the address bind_to (NULL: any); one of the other family is passed
 * over.  0 with a non-blocking *ret_fd and *ret_winner, the place of its address.  Or E_TIMEOUT, -ECANCELED (see deadline_poll), or E_DENIED
 * when all failed.  errors[i] is why address i did, 0 where nothing was heard. */
int race_run(const struct addr *v, size_t n, const struct addr *bind_to, const struct deadline *d, int errors[RACE_MAX], int *ret_fd,
    size_t *ret_winner);

#endif
