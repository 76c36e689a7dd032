/* The PROXY protocol's header, versions 1 and 2, as a trusted proxy sends it before the client's first byte (rsyncd-conf 7, and the
 * protocol's own text).  Pure: bytes in, facts out. */
#ifndef SALLYPORT_SYNCD_WIRE_PROXY_IN_H
#define SALLYPORT_SYNCD_WIRE_PROXY_IN_H

#include <stdbool.h>

#include "lib/addr.h"
#include "lib/cursor.h"

enum {
	PROXY_V1_MAX = 107,	/* bytes of a line with its end */
	PROXY_V2_MAX = 4096,	/* bytes of a header with its TLVs */
	PROXY_TEXT_SIZE = 256,
};

/* Texts are "" when the proxy did not say; a text with control bytes is left out. */
struct proxy_in {
	bool known;		/* from is the client's; else it is the proxy's own connection, or of a family without addresses */
	struct addr from;
	bool tls, has_cert, verified;	/* the client came through TLS, showed a certificate, which was found good */
	char version[32], cipher[64], common_name[PROXY_TEXT_SIZE];
	char authority[PROXY_TEXT_SIZE], alpn[64];	/* the server name it asked for, the protocol that was agreed on */
	char unique_id[PROXY_TEXT_SIZE + 1];	/* of the connection, in hexadecimal */
};

/* Take a header from the cursor.  0; E_SHORT, nothing consumed; E_FORMAT for what is none; E_LIMIT beyond the bounds. */
int proxy_in_get(struct cursor *c, struct proxy_in *ret);

#endif
