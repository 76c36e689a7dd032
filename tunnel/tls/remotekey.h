/* Private keys that are not here: key objects of the TLS library's own kind with a public half and a
 * number, whose signatures somebody else makes.  Never reads a key file; knows no process. */
#ifndef SALLYPORT_TUNNEL_TLS_REMOTEKEY_H
#define SALLYPORT_TUNNEL_TLS_REMOTEKEY_H

#include <openssl/evp.h>
#include <stddef.h>
#include <stdint.h>

#include "tunnel/tls/tlsform.h"

struct remote_request {
	uint32_t slot;			/* the key's number */
	int pss;			/* RSA: PSS with a salt as long as the digest, else PKCS#1 */
	enum tls_digest digest;		/* by which it is to be hashed */
	const uint8_t *data;		/* the message itself */
	size_t n;
};

/* Writes a signature of at most size bytes: its length, or 0 with the library's queue saying why not. */
typedef size_t (*remote_sign)(void *arg, const struct remote_request *req, uint8_t *sig, size_t size);

struct remotekeys;

/* The maker of such keys, who must outlive them.  0 or -ENOMEM. */
int remotekeys_new(struct remotekeys **ret);
void remotekeys_free(struct remotekeys *r);

/* From now on sign(arg, ...) is asked; until then nothing is signed. */
void remotekeys_set_signer(struct remotekeys *r, remote_sign sign, void *arg);

/* A key by its public half (SubjectPublicKeyInfo).  0, or E_UNSUPPORTED for a kind that cannot be. */
int remotekey_new(struct remotekeys *r, uint32_t slot, const uint8_t *spki, size_t n, EVP_PKEY **ret);
int remotekey_can(const EVP_PKEY *key);

#endif
