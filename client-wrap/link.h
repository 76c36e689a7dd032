/* One TLS connection to a daemon: found, reached, verified.  What goes wrong is told here, in one line. */
#ifndef SALLYPORT_CLIENT_WRAP_LINK_H
#define SALLYPORT_CLIENT_WRAP_LINK_H

#include "client-wrap/connection.h"

/* Connect to host, which is borrowed (port 0: none was given), and make sure of it.  l stays where it is until link_done, which is safe
 * after any result.  report_fd is the pipe to who started us, or -1.  0, or enum wrap_status with the reason told. */
int link_open(struct link *l, const char *host, unsigned port, int report_fd);
void link_done(struct link *l);

#endif
