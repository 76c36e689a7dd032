/* Keys, certificates and revocation lists, as an authority makes and reads them: from memory to memory, at a time that the caller says.
 * The only file of this room that knows OpenSSL, whose objects are opaque here.
 *
 * Certificates have 126 random bits for a number, end with their authority, and are for clients or for a server, never for both. */
#ifndef SALLYPORT_DEPLOY_CA_CERT_H
#define SALLYPORT_DEPLOY_CA_CERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "deploy/names.h"
#include "lib/buf.h"

enum {
	CERT_SERIAL_SIZE = 41,		/* upper hexadecimal, at most the 20 bytes of RFC 5280 */
	CERT_PIN_SIZE = 32, CERT_CONSTRAINTS_MAX = 32,
	CERT_PUBLIC_MAX = 1024,		/* bytes of a SubjectPublicKeyInfo: RSA of 4096 bits has 550 */
	CERT_PEM_MAX = 64 * 1024,	/* bytes of a file that holds one */
	CERT_EARLY = 3600,		/* seconds that they hold before they are made: clocks run behind */
	CERT_DAY = 24 * 60 * 60,
};

enum cert_algorithm { CERT_P256, CERT_ED25519 };
enum cert_kind { CERT_CLIENT, CERT_SERVER };

struct x509_st;			/* OpenSSL's X509 and EVP_PKEY */
struct evp_pkey_st;

/* Who signs: both borrowed. */
struct cert_issuer {
	struct x509_st *cert;
	struct evp_pkey_st *key;
};

/* What is to be made.  Seconds are counted from 1970. */
struct cert_want {
	const char *cn;			/* cut to X.509's 64 bytes */
	enum cert_kind kind;
	const struct names *names;	/* DNS names and addresses; NULL: none */
	const char *email;		/* NULL: none */
	const char *const *constraints;	/* of an authority: see cert_constraint */
	size_t n_constraints;
	int64_t now;
	int days;
};

/* A new key; NULL for lack of memory or of chance. */
struct evp_pkey_st *cert_key_new(enum cert_algorithm algorithm);
void cert_key_free(struct evp_pkey_st *key);

/* PEM without a password, or NULL. */
struct evp_pkey_st *cert_key_read(const void *pem, size_t n);

/* Append the key as PKCS #8, in PEM or in DER, to ret, which is the caller's to wipe.  0 or -ENOMEM. */
int cert_key_put(struct evp_pkey_st *key, struct buf *ret);
int cert_key_der(struct evp_pkey_st *key, struct buf *ret);

/* Append its SubjectPublicKeyInfo.  0 or -ENOMEM. */
int cert_key_public_der(struct evp_pkey_st *key, struct buf *ret);

/* A public key of P-256 or Ed25519 from that; NULL: it has not exactly that form. */
struct evp_pkey_st *cert_key_public(const uint8_t *der, size_t n);

/* The public key of a request (PKCS #10, PEM or DER), whose maker has shown to have the private one; nothing else that it asks for
 * counts.  cn (NULL: no matter): its subject has this one common name.  E_FORMAT: no such request; E_DENIED: of somebody else, not
 * signed by its key, or a key of less than 112 bits of strength.  0 and *ret, to be freed. */
int cert_request(const void *bytes, size_t n, const char *cn, struct evp_pkey_st **ret);

/* Certificates are to be freed by whoever was given one. */
void cert_free(struct x509_st *x);
struct x509_st *cert_read(const void *pem, size_t n);		/* the first one in PEM, or NULL */
int cert_put(struct x509_st *x, struct buf *ret);		/* append it as PEM, or as DER: 0 or -ENOMEM */
int cert_der(struct x509_st *x, struct buf *ret);

/* "dns:.example.org" (what is below), "dns:example.org" (that, and what is below), "ip:192.0.2.0/24", "email:example.org": of the kinds
 * dns and ip, an authority that has any constraint signs only what one of them names.  0 or E_FORMAT. */
int cert_constraint(const char *text);

/* NULL: no memory, or names that a certificate cannot hold. */
struct x509_st *cert_authority_new(struct evp_pkey_st *key, const struct cert_want *w);
struct x509_st *cert_new(const struct cert_issuer *by, struct evp_pkey_st *key, const struct cert_want *w);

/* The same certificate again, for that public key (NULL: the same), with w's time and days alone. */
struct x509_st *cert_again(const struct cert_issuer *by, struct x509_st *old, struct evp_pkey_st *key, const struct cert_want *w);

/* Is x theirs, by name, signature and the constraints of the authority, at that time?  0, or E_VERIFY with *ret_why, OpenSSL's words. */
int cert_verify(const struct cert_issuer *by, struct x509_st *x, enum cert_kind kind, int64_t now, const char **ret_why);

/* Is x by's, by name and signature, whatever its time? */
bool cert_is_of(const struct cert_issuer *by, struct x509_st *x);
bool cert_has_key(struct x509_st *x, struct evp_pkey_st *key);
bool cert_has_name(struct x509_st *x, const char *name);	/* a DNS name or an address, not that of the subject */

/* Its first and last second; INT64_MIN for a time that cannot be read. */
int64_t cert_begins(const struct x509_st *x);
int64_t cert_ends(const struct x509_st *x);

/* 0 or -EIO.  The number in upper hexadecimal; SHA-256 of SubjectPublicKeyInfo. */
int cert_serial(struct x509_st *x, char dst[CERT_SERIAL_SIZE]);
int cert_pin(struct x509_st *x, uint8_t dst[CERT_PIN_SIZE]);

/* --- revocation lists --- */

struct cert_revoked {
	const char *serial;	/* upper hexadecimal */
	int64_t at;
};
struct cert_crl {
	int64_t number, made, due;	/* thisUpdate and nextUpdate */
};

/* Append a list as PEM to ret.  0, E_FORMAT for a number that is none, or -ENOMEM. */
int cert_crl_put(const struct cert_issuer *by, const struct cert_revoked *v, size_t n, const struct cert_crl *c, struct buf *ret);

/* 0; E_FORMAT: no list in PEM; E_VERIFY: not by's. */
int cert_crl_read(const struct cert_issuer *by, const void *pem, size_t n, struct cert_crl *ret);

#endif
