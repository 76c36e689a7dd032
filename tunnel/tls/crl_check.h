/* Certificates that were good when they were shown, looked at again: are they on one of these lists? */
#ifndef SALLYPORT_TUNNEL_TLS_CRL_CHECK_H
#define SALLYPORT_TUNNEL_TLS_CRL_CHECK_H

#include <openssl/x509.h>

/* All lists in a store, which the caller frees (sk_X509_CRL_pop_free), or NULL when there are none. */
STACK_OF(X509_CRL) *crl_check_lists(X509_STORE *store);

/* 1 when one of lists (NULL: there are none) revokes cert; what is known of who signed both comes from store and chain
 * (may be NULL).  A list whose signature turns out to be another's does not count; where the certificate's signer is not
 * known (a session keeps no chain), the name does. */
int crl_check(X509_STORE *store, STACK_OF(X509_CRL) *lists, X509 *cert, STACK_OF(X509) *chain);

#endif
