/* Whom a context believes: certificates and revocation lists out of files, hashed directories, stores and the machine's own.  All
 * of it is read at once, since the process that verifies can open no file. */
#ifndef SALLYPORT_TUNNEL_TLS_TRUST_H
#define SALLYPORT_TUNNEL_TLS_TRUST_H

#include <openssl/x509.h>

#include "lib/err.h"

struct trust {
	const char *ca_file, *ca_path, *ca_store;	/* PEM, a hashed directory, a URI; NULL or "": none */
	const char *ca_dir;		/* a directory of PEM files: the hashed names in it or, where there are none, all */
	int ca_system;			/* the machine's own too */
	const char *crl_file, *crl_path;
	int needed;			/* somebody is verified */
};

/* Fill a store.  0, or E_CONF and *e where a list of revocation is missing, or all trust that is needed.  Files are opened as
 * lib/trusted.h says, of 64 MiB at most. */
int trust_load(X509_STORE *store, const struct trust *t, struct conf_err *e);

#endif
