/* The small PKI of `sallyport serve`: one CA and one server certificate in a private folder,
 * made when missing, renewed in time.  Keys are P-256 and never leave the folder.
 *
 *   ca.key ca.crt           made once; the clients' trust anchor, so never replaced
 *   server.key              made once; pinned by clients, so never replaced
 *   server.crt              made again when it runs out, or lacks one of the names
 */
#ifndef SALLYPORT_DEPLOY_PKI_H
#define SALLYPORT_DEPLOY_PKI_H

#include <limits.h>

#include "deploy/names.h"
#include "lib/buf.h"
#include "lib/err.h"

enum { PKI_CA_DAYS = 3650, PKI_CERT_DAYS = 365, PKI_RENEW_DAYS = 30, PKI_PIN_SIZE = 65 };

struct pki {
	char ca[PATH_MAX];		/* paths of files that exist now */
	char cert[PATH_MAX];
	char key[PATH_MAX];
	char pin[PKI_PIN_SIZE];		/* SHA-256 over the server's SubjectPublicKeyInfo, hex */
	struct buf ca_pem;		/* the CA certificate's text; buf_done is the caller's */
	int ca_made, cert_made;		/* in this call */
};

/* Make what is missing below dir (absolute; made 0700 with its parents) and tell what is there.
 * Files that are there but broken are an error, never replaced.  ret must be zeroed.
 * 0, -ENOMEM, or E_CONF with e filled. */
int pki_ready(const char *dir, const struct names *names, struct pki *ret, struct conf_err *e);

#endif
