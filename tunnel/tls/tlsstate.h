/* What the parts of a context share beside the library's own struct: tlsctx makes and frees it, each part fills its own
 * fields.  For the parts alone. */
#ifndef SALLYPORT_TUNNEL_TLS_TLSSTATE_H
#define SALLYPORT_TUNNEL_TLS_TLSSTATE_H

#include <openssl/ssl.h>
#include <stdint.h>

#include "tunnel/tls/psk.h"
#include "tunnel/tls/resume.h"
#include "tunnel/tls/session_store.h"
#include "tunnel/tls/ticket.h"
#include "tunnel/tls/tlsconf.h"

/* What belongs to a context and the library does not keep for us. */
struct tls_state {
	const struct tls_conf *conf;
	struct psk_table *psk;
	struct ticket_ring tickets;
	X509 *issuer;			/* of our certificate, when it is known */
	STACK_OF(X509_CRL) *lists;	/* with revokeLive, and when there are any */
	unsigned char scope[RESUME_SCOPE];	/* where sessions are good */
	int64_t lists_until;		/* when they are out of date */
	struct session_store *store;	/* client: the sessions of all workers; NULL: none are kept */
	uint8_t *staple;
	size_t n_staple;
};

/* The state of a context, and of the context that a connection uses now. */
struct tls_state *tls_state_of(const SSL_CTX *ctx);
struct tls_state *tls_state_of_ssl(const SSL *ssl);

#endif
