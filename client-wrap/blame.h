/* Why there is no connection: a line for the user, and the status.  All of it goes through lib/log, which escapes what the peer chose. */
#ifndef SALLYPORT_CLIENT_WRAP_BLAME_H
#define SALLYPORT_CLIENT_WRAP_BLAME_H

#include "client-wrap/connection.h"

/* Each returns the enum wrap_status.  The server's certificate was refused, as l->cert and l->shown say; its key is another than the one
 * pinned; it was revoked by its own OCSP answer; the peer sent a fatal alert; the handshake failed with r. */
int blame_certificate(const struct link *l);
int blame_pin(const struct link *l);
int blame_staple(const struct link *l);
int blame_peer(const struct link *l);
int blame_handshake(const struct link *l, int r);

#endif
