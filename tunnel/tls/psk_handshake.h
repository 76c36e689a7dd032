/* Pre-shared keys (RFC 4279, RFC 8446 section 4.2.11) in the library's handshake; the keys themselves are psk's. */
#ifndef SALLYPORT_TUNNEL_TLS_PSK_HANDSHAKE_H
#define SALLYPORT_TUNNEL_TLS_PSK_HANDSHAKE_H

#include <openssl/ssl.h>

#include "lib/err.h"
#include "tunnel/tls/tlsstate.h"

/* Read the keys that state->conf names into state->psk, and have ctx use them; nothing where none are named.  A client that
 * knows its server by nothing else offers nothing else.  0, -errno, or E_CONF with e->text saying what is wrong. */
int psk_use(SSL_CTX *ctx, struct tls_state *state, struct conf_err *e);

/* A server's connection goes on with the section of state: its keys, or none. */
void psk_switch(SSL *ssl, const struct tls_state *state);

/* After a handshake: a client that knows its server by nothing but a pre-shared key, and none was used. */
int psk_is_lacking(const SSL *ssl);

#endif
