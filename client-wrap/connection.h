/* What is known of one TLS connection, for those who make it, use it and tell of it. */
#ifndef SALLYPORT_CLIENT_WRAP_CONNECTION_H
#define SALLYPORT_CLIENT_WRAP_CONNECTION_H

#include <openssl/ssl.h>

#include "client-wrap/deadline.h"
#include "client-wrap/report.h"
#include "client-wrap/settings.h"
#include "lib/buf.h"
#include "tunnel/tls/peercert.h"
#include "tunnel/tls/stream.h"

struct link {
	struct peercert cert;		/* first: what the library's callbacks are given */
	struct settings set;
	struct deadline deadline;
	int report_fd;			/* where sessions go, -1: nowhere */
	SSL_CTX *ctx;
	struct scratch *scratch;
	struct stream_tls tls;
	int fd;				/* the connection; -1: none */
	char address[ADDR_TEXT_SIZE];	/* whom it is connected to */
	X509 *shown;			/* the certificate that the server showed, also a refused one; NULL: none yet */
	uint8_t scope[REPORT_SCOPE];	/* where its sessions are kept */
	int64_t lists_until;		/* when the lists of revoked certificates are out of date */
	int fresh;			/* a session of before is not used */
	int accepted;			/* the server is who it has to be */
	struct buf session;		/* the last one, until it is */
};

#endif
