/* Certificates, keys and CRLs out of files and stores: PEM, DER, PKCS#12, or whatever a provider's URI
 * names.  Asks for pass phrases on the terminal, if there is one, and nowhere else: in inetd mode the
 * standard input is the peer. */
#ifndef SALLYPORT_TUNNEL_TLS_KEYFILE_H
#define SALLYPORT_TUNNEL_TLS_KEYFILE_H

#include <openssl/ssl.h>

#include "lib/err.h"

struct keyfile {
	STACK_OF(X509) *certs;		/* in the order they were found */
	STACK_OF(X509_CRL) *crls;
	EVP_PKEY *keys[8];
	size_t n_keys;
	EVP_PKEY *dh;			/* parameters, or NULL */
};

/* Read all that where (a path, opened as lib/trusted.h says, of 16 MiB at most, or a URI) holds, in addition to what *k has; zeroed
 * before the first.  0, or E_CONF and *e: what, where, and the reason.  None of a file's text stays in memory. */
int keyfile_read(const char *where, struct keyfile *k, const char *what, struct conf_err *e);
void keyfile_done(struct keyfile *k);

#endif
