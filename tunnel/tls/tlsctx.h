/* From what is configured to a TLS context: versions, ciphers, our certificate and key, who is
 * trusted; each part in a file of its own.  Never prints; never sees a connection's bytes. */
#ifndef SALLYPORT_TUNNEL_TLS_TLSCTX_H
#define SALLYPORT_TUNNEL_TLS_TLSCTX_H

#include <openssl/ssl.h>
#include <stdint.h>

#include "lib/err.h"
#include "tunnel/tls/keyring.h"
#include "tunnel/tls/tlsconf.h"

/* A context for conf, which is borrowed and must stay as long as the context does.  scope
 * separates the sessions of one service from another's.  Where conf asks for a vault, its keys go to
 * ring (NULL: none, and they stay here).
 * 0, or E_CONF with e->text saying what failed and why. */
int tlsctx_new(const struct tls_conf *conf, const char *scope, struct keyring *ring, SSL_CTX **ret, struct conf_err *e);

/* With all that belongs to it; NULL is none. */
void tlsctx_free(SSL_CTX *ctx);

/* Go on with another context, from within peercert_hello: its keys, whom it trusts, whom it
 * lets in, its sessions, its groups, versions and options.  0, or E_TLS: the connection must end. */
int tlsctx_switch(SSL *ssl, SSL_CTX *ctx);

/* After a handshake, resumed or not: did the peer show a certificate that was found good? */
int tlsctx_authentic(const SSL *ssl);

/* Our own certificate, and who signed it; NULL for what is not there. */
void tlsctx_own(SSL_CTX *ctx, X509 **ret_cert, X509 **ret_issuer);

/* From now on send this with our own certificate to clients who ask for it (copied). */
void tlsctx_set_staple(SSL_CTX *ctx, const uint8_t *bytes, size_t n);

/* The revocation lists that count for who is already in; NULL: none do.  Borrowed. */
STACK_OF(X509_CRL) *tlsctx_lists(const SSL_CTX *ctx);

#endif
