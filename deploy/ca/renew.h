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

enum { RENEW_HEADER_MAX = 16 + 4096, RENEW_REQUEST_MAX = 2048, RENEW_ASK_MAX = 64 + RENEW_REQUEST_MAX };

/* Who it is, as the door says. */
struct renew_who {
	char name[INDEX_NAME_SIZE];		/* the common name of the certificate that the door verified */
	char serial[CERT_SERIAL_SIZE];		/* its number, where the door told it; "" */
};

/* Read a header from bytes[0..n).  0; E_SHORT: *ret_size bytes of it are wanted in all, as far as is known by now, at most
 * RENEW_HEADER_MAX; E_FORMAT: it is none, or more than one; E_LIMIT: too long; E_DENIED: the door verified no certificate, or one whose
 * name is none of ours. */
int renew_header(const uint8_t *bytes, size_t n, struct renew_who *ret, size_t *ret_size);

/* Find the request in what follows, bytes[0..n), of which RENEW_ASK_MAX are always enough.  0 and the request, borrowed; E_SHORT: more is
 * to come; E_FORMAT; E_LIMIT: too long. */
int renew_request(const uint8_t *bytes, size_t n, const uint8_t **ret, size_t *ret_n);

#endif
