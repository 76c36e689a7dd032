/* A client's sessions: the last one with each server, for the next connection to go there. */
#ifndef SALLYPORT_TUNNEL_TLS_SESSION_CACHE_H
#define SALLYPORT_TUNNEL_TLS_SESSION_CACHE_H

#include <openssl/ssl.h>

#include "tunnel/tls/tlsconf.h"
#include "tunnel/tls/tlsstate.h"

/* Have sessions of ctx, a client's, kept, where conf wants that. */
void session_cache_use(SSL_CTX *ctx, const struct tls_conf *conf);

/* Client, with a peercert that says where it is connected to: offer the last session from there; and
 * forget that and all that are still to come, since the peer turned out not to be trusted. */
void session_cache_offer(SSL *ssl);
void session_cache_forget(SSL *ssl);

/* Free the sessions that state keeps. */
void session_cache_done(struct tls_state *state);

#endif
