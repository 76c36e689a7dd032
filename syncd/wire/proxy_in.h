/* The PROXY protocol's header, versions 1 and 2, as a trusted proxy sends it before the client's first byte (rsyncd-conf 7, and the
 * protocol's own text).  Pure: bytes in, facts out. */
#ifndef SALLYPORT_SYNCD_WIRE_PROXY_IN_H
#define SALLYPORT_SYNCD_WIRE_PROXY_IN_H

#include <stdbool.h>

#include "lib/addr.h"
#include "lib/cursor.h"
#include "syncd/types.h"

enum {
	PROXY_V1_MAX = 107,	/* bytes of a line with its end */
	PROXY_V2_MAX = 4096,	/* bytes of a header with its TLVs */
	PROXY_TEXT_SIZE = 256,
};

/* Texts are "" when the proxy did not say; of those that every proxy sends, one with control bytes or other than UTF-8 is left out. */
struct proxy_in {
	bool known;		/* from is the client's; else it is the proxy's own connection, or of a family without addresses */
	struct addr from;
	bool has_cert;		/* the client came through TLS and showed a certificate */
	struct identity id;	/* with the common name also of a certificate that was not verified */
	char cipher[64];
	char authority[PROXY_TEXT_SIZE], alpn[PROXY_TEXT_SIZE];	/* the server name it asked for, the protocol that was agreed on */
	char unique_id[PROXY_TEXT_SIZE + 1];	/* of the connection, in hexadecimal */
	const char *fault;	/* behind E_FORMAT and E_LIMIT: what is wrong with its TLVs, a static text; NULL: it is none at all */
};

/* Take a header from the cursor.  0; E_SHORT, nothing consumed; E_FORMAT for what is none; E_LIMIT beyond the bounds. */
int proxy_in_get(struct cursor *c, struct proxy_in *ret);

#endif
