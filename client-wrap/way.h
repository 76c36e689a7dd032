/* The way to a server, below TLS: its addresses are looked up and raced, or a proxy is asked to go there. */
#ifndef SALLYPORT_CLIENT_WRAP_WAY_H
#define SALLYPORT_CLIENT_WRAP_WAY_H

#include "client-wrap/deadline.h"
#include "client-wrap/settings.h"

/* Connect as s says.  0, *ret_fd (non-blocking, the caller's) and the address it goes to; or enum wrap_status with the reason told. */
int way_open(const struct settings *s, const struct deadline *d, int *ret_fd, char address[ADDR_TEXT_SIZE]);

#endif
