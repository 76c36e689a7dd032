/* Questions to OCSP responders (RFC 6960) and what their answers are worth.  Bytes in, bytes out: how
 * they travel is the caller's business. */
#ifndef SALLYPORT_TUNNEL_TLS_OCSP_H
#define SALLYPORT_TUNNEL_TLS_OCSP_H

#include <openssl/ssl.h>
#include <stdint.h>

/* How old (seconds) an answer may be that does not say until when it holds. */
enum { OCSP_AGE_MAX = 86400 };

enum ocsp_verdict { OCSP_NOTHING, OCSP_GOOD, OCSP_REVOKED };

struct ocsp_query;

/* Ask about cert, which issuer signed.  0 or -ENOMEM. */
int ocsp_query_new(X509 *cert, X509 *issuer, int nonce, struct ocsp_query **ret);
void ocsp_query_free(struct ocsp_query *q);

/* The request as it is sent: its size, at most size, or 0. */
size_t ocsp_query_put(const struct ocsp_query *q, uint8_t *dst, size_t size);

/* What an answer says, as far as it is signed by whom store trusts, with the help of chain; flags are
 * the library's.  stapled: it was not asked for with this nonce.  why, if it says nothing, is why. */
enum ocsp_verdict ocsp_judge(const struct ocsp_query *q, const uint8_t *bytes, size_t n, X509_STORE *store,
    STACK_OF(X509) *chain, unsigned long flags, int stapled, const char **why);

/* For how many seconds an answer to be stapled is good from now on, 0 when it is none.  Who signed it
 * is for those who will verify it. */
long ocsp_good_for(const struct ocsp_query *q, const uint8_t *bytes, size_t n);

/* OCSPflag: the bit of a name.  0 or E_FORMAT; and the names in order. */
int ocsp_flag(const char *name, unsigned long *ret);
const char *ocsp_flag_at(size_t i);

#endif
