/* A client's sessions: those with each server, for the next connection to go there, from whichever worker. */
#ifndef SALLYPORT_TUNNEL_TLS_SESSION_CACHE_H
#define SALLYPORT_TUNNEL_TLS_SESSION_CACHE_H

#include <openssl/ssl.h>

#include "tunnel/tls/tlsstate.h"

/* Have sessions of ctx (whose state that is), a client's of the section called name, kept, where its configuration wants that; in the
 * memory that session_cache_share brings, which is not ctx's to free, and nowhere before.  0 or -errno. */
int session_cache_use(SSL_CTX *ctx, struct tls_state *state, const char *name);
void session_cache_share(SSL_CTX *ctx, struct session_store *store);

/* Client, with a peercert that says where it is connected to: offer the last session from there, which in TLS 1.3 nobody else will; and
 * forget all of them and those that are still to come, since the peer turned out not to be trusted. */
void session_cache_offer(SSL *ssl);
void session_cache_forget(SSL *ssl);

#endif
