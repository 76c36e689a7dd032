/* NTLM version 2 as a client of an HTTP proxy says it ([MS-NLMP], [MS-NTHT]).  Pure, but for the
 * password's hash, for which the TLS library's legacy provider is loaded: once, at the start. */
#ifndef SALLYPORT_TUNNEL_PROTO_NTLM_H
#define SALLYPORT_TUNNEL_PROTO_NTLM_H

#include "lib/buf.h"

enum { NTLM_HASH_SIZE = 16, NTLM_NONCE_SIZE = 8 };

struct ntlm_who {
	const char *user, *domain;	/* UTF-8; domain NULL: none */
	const uint8_t *hash;		/* of the password */
};

/* 0, or E_CONF when the library has no MD4. */
int ntlm_hash(const char *password, uint8_t ret_hash[NTLM_HASH_SIZE]);

/* The first message. */
void ntlm_negotiate(struct buf *out);

/* The answer to the n bytes of a challenge.  nonce is ours and random; now is Windows' time, in units of
 * 100 ns since 1601, for servers that do not tell theirs.  0, E_FORMAT (out then has nothing), or -ENOMEM. */
int ntlm_authenticate(const struct ntlm_who *who, const void *challenge, size_t n, const uint8_t nonce[NTLM_NONCE_SIZE],
    uint64_t now, struct buf *out);

#endif
