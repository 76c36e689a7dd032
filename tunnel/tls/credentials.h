/* Our own certificates and keys: from the files to the context, each key with its chain. */
#ifndef SALLYPORT_TUNNEL_TLS_CREDENTIALS_H
#define SALLYPORT_TUNNEL_TLS_CREDENTIALS_H

#include <openssl/ssl.h>

#include "lib/err.h"
#include "tunnel/tls/keyring.h"
#include "tunnel/tls/tlsconf.h"

/* Give ctx what conf names as cert and key; nothing where cert is not set.  With conf->vault the keys go to ring (NULL: none,
 * and they stay here), ctx gets keys that ask there for signatures, and is kept from everything else than signing.
 * 0, or E_CONF with e->text saying which file and why. */
int credentials_load(SSL_CTX *ctx, const struct tls_conf *conf, struct keyring *ring, struct conf_err *e);

#endif
