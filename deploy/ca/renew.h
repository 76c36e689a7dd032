/* What a client sends that wants its next certificate, behind what the door says of it: a PROXY header of version 2, then
 *
 *	SALLYPORT-RENEW 1 LENGTH\n
 *
 * and a PKCS #10 request of so many bytes (DER).  The answer is "OK LENGTH\n" and a certificate (DER), or "NO WHY\n".  Pure. */
#ifndef SALLYPORT_DEPLOY_CA_RENEW_H
#define SALLYPORT_DEPLOY_CA_RENEW_H

#include <stddef.h>
#include <stdint.h>

#include "deploy/ca/cert.h"
#include "deploy/ca/index.h"

enum { RENEW_HEADER_MAX = 4096, RENEW_REQUEST_MAX = 2048, RENEW_MAX = 16 + RENEW_HEADER_MAX + 64 + RENEW_REQUEST_MAX };

struct renew_ask {
	char name[INDEX_NAME_SIZE];		/* the common name of the certificate that the door verified */
	char serial[CERT_SERIAL_SIZE];		/* its number, where the door told it; "" */
	const uint8_t *request;			/* borrowed from the bytes */
	size_t n_request;
};

/* Read bytes[0..n), of which RENEW_MAX are always enough.  0; E_SHORT: more is to come; E_FORMAT; E_LIMIT: too long; E_DENIED: the door
 * verified no certificate, or one whose name is none of ours. */
int renew_parse(const uint8_t *bytes, size_t n, struct renew_ask *ret);

#endif
