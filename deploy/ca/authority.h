/* A small authority in a folder: ca.key, ca.crt, index, crl.pem, and SERIAL.crt for each certificate that it signed.  What is signed is in
 * the index before anybody is given it; a run that was ended anywhere leaves an authority that goes on. */
#ifndef SALLYPORT_DEPLOY_CA_AUTHORITY_H
#define SALLYPORT_DEPLOY_CA_AUTHORITY_H

#include "deploy/ca/cert.h"
#include "deploy/ca/folder.h"
#include "deploy/ca/index.h"
#include "lib/err.h"

enum { AUTHORITY_DAYS = 3650, AUTHORITY_CERT_DAYS = 90, AUTHORITY_CRL_DAYS = 7, AUTHORITY_DAYS_MAX = 36500 };

#define AUTHORITY_DIR "/etc/sallyport/ca"

struct authority {
	struct folder folder;	/* locked */
	struct ca_index index;
	struct cert_issuer self;
	int64_t now;		/* seconds since 1970 */
};

/* What a new authority is: name NULL is "Sallyport CA of HOST". */
struct authority_want {
	const char *name;
	enum cert_algorithm algorithm;
	const char *const *constraints;	/* see cert_constraint */
	size_t n_constraints;
	int days;
};

/* Make what is missing of an authority in dir (absolute).  0; -EEXIST: it is whole already; E_CONF and *e; -ENOMEM. */
int authority_make(const char *dir, const struct authority_want *w, int64_t now, struct conf_err *e);

/* Open the one in dir; whoever else wants it waits until it is closed.  0, -ENOMEM, or E_CONF and *e, also when there is none.  Safe to
 * close after either. */
int authority_open(struct authority *a, const char *dir, int64_t now, struct conf_err *e);
void authority_close(struct authority *a);

/* Sign a certificate for key, which lasts w->days (w->now is not looked at), put it into the index, and give it back, to be freed.
 * again: also where one of that name counts already.  0, -ENOMEM, or E_CONF and the fault: the name is no name or taken, or the
 * authority's constraints forbid it. */
int authority_issue(struct authority *a, const struct cert_want *w, struct evp_pkey_st *key, bool again, struct x509_st **ret);

/* The newest certificate of that name once more, for that public key (NULL: the same) and with the same names, and copied to where it is
 * used.  The old one counts on.  As above. */
int authority_renew(struct authority *a, const char *name, int days, struct evp_pkey_st *key, struct x509_st **ret);

/* Revoke all of that name or serial, sign a new list, and copy it to wherever it is read.  0 with how many (none: they were already),
 * -ENOMEM, or E_CONF and the fault. */
int authority_revoke(struct authority *a, const char *what, int *ret_n);

/* Have copies there, from now on.  0, or E_CONF and the fault. */
int authority_copy(struct authority *a, enum index_of of, const char *name, const char *path);

/* The deployment whose door it is for, noted; path is absolute.  0, or E_CONF and the fault. */
int authority_deployment(struct authority *a, const char *path);

/* Sign a new list where the last one is a day old or does not fit, and see that all copies are as they should be.  fresh: sign one
 * whatever.  0, -ENOMEM, or E_CONF and the fault. */
int authority_settle(struct authority *a, bool fresh);

/* The certificate of that serial, or NULL; to be freed. */
struct x509_st *authority_cert(const struct authority *a, const char *serial);

/* Is c in the last third of such a life? */
bool authority_is_due(const struct index_cert *c, int days, int64_t now);

#endif
