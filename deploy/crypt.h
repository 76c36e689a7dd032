/* Random texts and digests; with deploy/ca/cert the only user of OpenSSL here. */
#ifndef SALLYPORT_DEPLOY_CRYPT_H
#define SALLYPORT_DEPLOY_CRYPT_H

#include <stddef.h>

enum { CRYPT_SECRET_SIZE = 44, CRYPT_DIGEST_SIZE = 65 };

/* 43 characters of letters, digits, "-" and "_" that hold 256 random bits.  0, or -EIO: then dst is "". */
int crypt_secret(char dst[CRYPT_SECRET_SIZE]);

/* SHA-256 in hexadecimal.  0, or -EIO: then dst is "". */
int crypt_digest(const void *bytes, size_t n, char dst[CRYPT_DIGEST_SIZE]);

/* Have nothing of what was a secret left. */
void crypt_wipe(void *bytes, size_t n);

#endif
