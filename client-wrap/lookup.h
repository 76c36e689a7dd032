/* The addresses of a host, within a time: the resolver's own limits are longer than anybody waits. */
#ifndef SALLYPORT_CLIENT_WRAP_LOOKUP_H
#define SALLYPORT_CLIENT_WRAP_LOOKUP_H

#include <stddef.h>

#include "client-wrap/deadline.h"
#include "lib/addr.h"

/* Up to max addresses of host at port (decimal), in the resolver's order; family is AF_INET, AF_INET6 or AF_UNSPEC.  0 with *ret_n, or
 * E_TIMEOUT, -errno (-ECANCELED: see deadline_poll), or E_FORMAT and *ret_why, a static text of the resolver's.  After E_TIMEOUT and -ECANCELED the question is
 * still open in a thread: the process has to end. */
int lookup_host(const char *host, const char *port, int family, const struct deadline *d, struct addr *ret, size_t max, size_t *ret_n,
    const char **ret_why);

#endif
