/* Where the numbers are to be had: the value of "metrics". */
#ifndef SALLYPORT_TUNNEL_CONF_METRICS_ADDRESS_H
#define SALLYPORT_TUNNEL_CONF_METRICS_ADDRESS_H

#include "lib/addr.h"

/* Where to answer: "ADDRESS:PORT", of the loopback unless anyone may ask, or the path of a UNIX socket.  NULL, or
 * what is wrong with it. */
const char *metrics_address(const char *text, int anyone, struct addr *ret);

#endif
