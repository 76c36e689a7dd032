/* Which sessions are good, and until when.  A session stands for a verdict about the peer: it is worth something only where
 * all that the verdict came from is the same, and no longer than the verdict would hold. */
#ifndef SALLYPORT_TUNNEL_TLS_RESUME_H
#define SALLYPORT_TUNNEL_TLS_RESUME_H

#include <openssl/ssl.h>
#include <stdint.h>

#include "tunnel/tls/psk.h"
#include "tunnel/tls/tlsconf.h"

enum { RESUME_SCOPE = SSL_MAX_SID_CTX_LENGTH };

/* Does a section with that configuration resume sessions at all? */
int resume_wanted(const struct tls_conf *conf);

/* A digest of the section's name and of everything that a verdict depends on: what is asked for, whom store trusts and who is
 * revoked there, the pre-shared keys (NULL: none).  0 or -errno. */
int resume_scope(const struct tls_conf *conf, const char *name, X509_STORE *store, const struct psk_table *psk,
    unsigned char dst[RESUME_SCOPE]);

/* The first time that one of the lists there is out of date; INT64_MAX: never. */
int64_t resume_lists_until(X509_STORE *store);

/* Give a session its end: cache_seconds after the first full handshake, or earlier, when a certificate of the peer's chain
 * runs out or that other time comes.  What was resumed keeps the end it has.  0 or -errno. */
int resume_bound(const SSL *ssl, SSL_SESSION *session, const struct tls_conf *conf, int64_t latest);

/* Has it an end, and not yet come to it? */
int resume_holds(SSL_SESSION *session);

/* When the session was made, seconds since the epoch: the library's older call for it is deprecated since OpenSSL 3.4. */
int64_t resume_made(const SSL_SESSION *session);

#endif
