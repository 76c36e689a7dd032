/* The small PKI of `sallyport serve`: one CA and one server certificate in a private folder,
 * made when missing, renewed in time.  Keys are P-256 and never leave the folder.
 *
 *   ca.key ca.crt           made once; the clients' trust anchor, so never replaced
 *   server.key              made once; pinned by clients, so never replaced
 *   server.crt              made again when it runs out, is not valid yet, is another CA's, or lacks one of the names; ends with
 *                           the CA at the latest
 *   client-NAME.key .crt    for each client that was named, made again when it runs out
 */
#ifndef SALLYPORT_DEPLOY_PKI_H
#define SALLYPORT_DEPLOY_PKI_H

#include <limits.h>
#include <stdint.h>

#include "deploy/names.h"
#include "lib/buf.h"
#include "lib/err.h"

enum { PKI_CA_DAYS = 3650, PKI_CERT_DAYS = 365, PKI_RENEW_DAYS = 30, PKI_PIN_SIZE = 65, PKI_CLIENT_SIZE = 33 };

struct pki {
	char ca[PATH_MAX];		/* paths of files that exist now */
	char cert[PATH_MAX];
	char key[PATH_MAX];
	char pin[PKI_PIN_SIZE];		/* SHA-256 over the server's SubjectPublicKeyInfo, hex */
	struct buf ca_pem;		/* the CA certificate's text; buf_done is the caller's */
	int64_t due;			/* seconds until the certificate is to be made again: the next call is wanted then */
	int ca_made, cert_made;		/* in this call */
};

/* Make what is missing below dir (absolute; made 0700 with its parents) and tell what is there.
 * Files that are there but broken are an error, never replaced; so is a folder that others could replace, or that a link of theirs
 * leads to.  ret must be zeroed.
 * 0, -ENOMEM, or E_CONF with e filled. */
int pki_ready(const char *dir, const struct names *names, struct pki *ret, struct conf_err *e);

/* What a client shows to be let in.  The CA's, for client authentication alone, so that it cannot pass as the server's. */
struct pki_client {
	struct buf cert, key;		/* DER: the certificate, and the key as PKCS #8 */
	struct buf pem;			/* the certificate's text */
	int renewed;			/* in this call: what the client had before counts no more */
};

/* Up to 32 of letters, digits, ".", "_" and "-", beginning with neither "." nor "-"?  0 or E_FORMAT. */
int pki_client_name(const char *name);

/* The same as pki_ready for the client of that name; also there ret must be zeroed, and done is safe after either. */
int pki_client_ready(const char *dir, const char *name, struct pki_client *ret, struct conf_err *e);
void pki_client_done(struct pki_client *c);

#endif
