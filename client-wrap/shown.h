/* What a connection has come to, for people. */
#ifndef SALLYPORT_CLIENT_WRAP_SHOWN_H
#define SALLYPORT_CLIENT_WRAP_SHOWN_H

#include "client-wrap/connection.h"

/* One line on standard error: version, cipher, group, resumed or not, the peer's name (--tls-verbose). */
void shown_line(const struct link *l);

/* --tls-test: connect to "host", "host:port", or a URL or operand with them, tell on standard output what came of it and which modules
 * there are.  enum wrap_status, 0: all is well. */
int shown_test(const char *where);

#endif
