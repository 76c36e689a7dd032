/* The PROXY protocol's header: who really connected, told to the back end before any data.
 * Pure: facts in, bytes out. */
#ifndef SALLYPORT_TUNNEL_PROTO_PROXY_H
#define SALLYPORT_TUNNEL_PROTO_PROXY_H

#include "lib/addr.h"
#include "lib/buf.h"

struct proxy_tls {			/* for version 2; texts are "" when not known */
	int has_cert;			/* the peer showed a certificate, now or when the session began */
	int verified;			/* and it was found good */
	const char *version, *cipher, *common_name;
};

/* "PROXY TCP4 ...\r\n"; from and to are the ends of the accepted connection.  Of other than two
 * IP addresses of one family (a UNIX socket's) nothing is known. */
void proxy_v1_put(struct buf *out, const struct addr *from, const struct addr *to);

/* The binary one; with tls not NULL it carries PP2_TYPE_SSL. */
void proxy_v2_put(struct buf *out, const struct addr *from, const struct addr *to, const struct proxy_tls *tls);

#endif
