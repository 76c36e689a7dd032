/* The PROXY protocol's header: who really connected, told to the back end before any data.
 * Pure: facts in, bytes out. */
#ifndef SALLYPORT_TUNNEL_PROTO_PROXY_H
#define SALLYPORT_TUNNEL_PROTO_PROXY_H

#include "lib/addr.h"
#include "lib/buf.h"

enum { PROXY_ID_SIZE = 16, PROXY_KEY_SIZE = 32 };

/* For version 2; texts are "" when not known, and of fewer than 64 KiB in sum. */
struct proxy_tls {
	int has_cert;			/* the peer showed a certificate, now or when the session began, */
	int shown_now;			/* now */
	int verified;			/* and it was found good: without that nothing of it is told */
	const char *version, *cipher;
	const char *sig_alg, *key_alg;	/* of our own certificate, as HAProxy tells them */
	const char *authority, *alpn;	/* the server name asked for, the protocol agreed on */
	const uint8_t *id;		/* PROXY_ID_SIZE bytes that no other connection has; NULL: none */

	const char *common_name, *serial, *issuer;	/* the peer's certificate's */
	const uint8_t *key;		/* PROXY_KEY_SIZE bytes, SHA-256 of its SubjectPublicKeyInfo; NULL: not told */
	const char *names;		/* its alternative names, C strings one behind the other, */
	unsigned n_names;		/* so many */
};

/* "PROXY TCP4 ...\r\n"; from and to are the ends of the accepted connection.  Of other than two
 * IP addresses of one family (a UNIX socket's) nothing is known. */
void proxy_v1_put(struct buf *out, const struct addr *from, const struct addr *to);

/* The binary one; with tls not NULL it carries PP2_TYPE_SSL and, of our own, types 0xe1 to 0xe4. */
void proxy_v2_put(struct buf *out, const struct addr *from, const struct addr *to, const struct proxy_tls *tls);

#endif
