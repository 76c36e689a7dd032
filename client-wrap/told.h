/* What a certificate says, as texts for people.  A peer chose what is in it: whoever prints them has to escape (lib/log does). */
#ifndef SALLYPORT_CLIENT_WRAP_TOLD_H
#define SALLYPORT_CLIENT_WRAP_TOLD_H

#include <openssl/x509.h>
#include <stddef.h>
#include <stdint.h>

enum { TOLD_PIN_SIZE = sizeof "sha256:" + 64, TOLD_TIME_SIZE = 24, TOLD_NAMES_SIZE = 320 };

/* SHA-256 of the public key with its algorithm (SubjectPublicKeyInfo).  0 or -EIO. */
int told_key(X509 *cert, uint8_t ret[32]);

/* Each returns dst.  "sha256:" and hexadecimal digits; "none" where there is no certificate. */
const char *told_pin(X509 *cert, char dst[TOLD_PIN_SIZE]);
const char *told_digest(const uint8_t digest[32], char dst[TOLD_PIN_SIZE]);

/* Its host names and addresses, or, where it has none, its subject's common name; "no name" at last.  ", ..." where they are too many. */
const char *told_names(X509 *cert, char *dst, size_t size);

/* "2026-11-21 22:48:02 UTC". */
const char *told_time(const ASN1_TIME *t, char dst[TOLD_TIME_SIZE]);

#endif
