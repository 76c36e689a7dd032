/* What TLS has signed with a certificate's key, told from everything else.  Pure: bytes to a verdict. */
#ifndef SALLYPORT_TUNNEL_TLS_TLSFORM_H
#define SALLYPORT_TUNNEL_TLS_TLSFORM_H

#include <stddef.h>
#include <stdint.h>

enum tlsform {
	TLSFORM_OTHER,
	TLSFORM_13,			/* CertificateVerify of TLS 1.3, of that side */
	TLSFORM_12_PARAMS,		/* a server's ServerKeyExchange, to TLS 1.2 */
	TLSFORM_12_TRANSCRIPT		/* what a client's CertificateVerify covers, to TLS 1.2 */
};

/* What the n bytes are, when that side signs them. */
enum tlsform tlsform_of(const uint8_t *data, size_t n, int client);

/* The digests of TLS; NONE where the key's kind hashes by itself. */
enum tls_digest {
	TLS_DIGEST_NONE, TLS_DIGEST_MD5_SHA1, TLS_DIGEST_SHA1, TLS_DIGEST_SHA224, TLS_DIGEST_SHA256, TLS_DIGEST_SHA384, TLS_DIGEST_SHA512,
	TLS_DIGESTS
};

/* The library's name of it, or NULL where there is none; and by either name that it has, TLS_DIGESTS when it is another's. */
const char *tls_digest_name(enum tls_digest digest);
enum tls_digest tls_digest_of(const char *name);

/* Whether that form goes with that digest, and with an RSA key's padding (is_rsa 0: pss says nothing). */
int tlsform_goes_with(enum tlsform form, enum tls_digest digest, int is_rsa, int pss);

#endif
