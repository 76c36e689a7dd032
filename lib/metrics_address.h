/* Where the numbers are to be had: the value of "metrics", of both programs. */
#ifndef SALLYPORT_LIB_METRICS_ADDRESS_H
#define SALLYPORT_LIB_METRICS_ADDRESS_H

#include "lib/addr.h"

/* What is wrong with an address that others can reach; a caller adds what allows it. */
#define METRICS_NOT_PUBLIC "Numbers are for this machine only: use 127.0.0.1, ::1 or a UNIX socket"

/* Where to answer: "ADDRESS:PORT", of the loopback unless anyone may ask, or the path of a UNIX socket.  NULL, or what is wrong with it:
 * not_public, where it is only that others can reach it. */
const char *metrics_address(const char *text, int anyone, const char *not_public, struct addr *ret);

#endif
