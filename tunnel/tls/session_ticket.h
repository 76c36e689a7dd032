/* A server's sessions, in tickets and in the library's cache: where they are good, until when, and which are worth nothing
 * by now. */
#ifndef SALLYPORT_TUNNEL_TLS_SESSION_TICKET_H
#define SALLYPORT_TUNNEL_TLS_SESSION_TICKET_H

#include <openssl/ssl.h>

#include "lib/err.h"
#include "tunnel/tls/tlsstate.h"

/* How many sessions ctx keeps, for how long, or none at all, as conf says. */
void session_limits_use(SSL_CTX *ctx, const struct tls_conf *conf);

/* Sessions of ctx are good in the section called name alone, with the same trust.  0 or E_CONF. */
int session_scope_use(SSL_CTX *ctx, struct tls_state *state, const char *name, struct conf_err *e);

/* Have ctx make and open tickets with the keys of state->tickets, which are conf's or made here.  0 or E_CONF. */
int session_ticket_use(SSL_CTX *ctx, struct tls_state *state, struct conf_err *e);

/* ssl goes on with ctx and its state: its sessions belong there from now on.  1, or 0: the connection must end. */
int session_switch(SSL *ssl, SSL_CTX *ctx, const struct tls_state *state);

#endif
