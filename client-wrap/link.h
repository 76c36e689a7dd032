/* One TLS connection to a daemon: found, reached, verified.  What goes wrong is told here, in one line. */
#ifndef SALLYPORT_CLIENT_WRAP_LINK_H
#define SALLYPORT_CLIENT_WRAP_LINK_H

#include "client-wrap/connection.h"

/* Connect to host, which is borrowed (port 0: none was given), and make sure of it.  l stays where it is until link_done, which is safe
 * after any result.  report_fd is the pipe to who started us, or -1.  fresh: no session of before is used.  0, or enum wrap_status with
 * the reason told. */
int link_open(struct link *l, const char *host, unsigned port, int report_fd, int fresh);

/* Keep the session that l has for the next job, where there is no report_fd to send it to.  0 or -errno, -ENOENT when there is none. */
int link_keep_session(const struct link *l);

/* Close the connection and free what l holds. */
void link_done(struct link *l);

#endif
