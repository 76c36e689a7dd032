/* A client's certificate that lies on the disk, judged as a handshake with ctx would. */
#ifndef SALLYPORT_TUNNEL_TLS_JUDGE_H
#define SALLYPORT_TUNNEL_TLS_JUDGE_H

#include <openssl/ssl.h>
#include <stddef.h>

enum judged { JUDGED_IN, JUDGED_OUT, JUDGED_UNASKED };

/* Would it be let in?  cert NULL: none is shown; sent (NULL: none) are the certificates that come with it.  JUDGED_UNASKED: clients are asked
 * for none, and what they have is not known.  why, size bytes, gets the last words that the log would have of it, or "".  -ENOMEM. */
int judge_client(SSL_CTX *ctx, X509 *cert, STACK_OF(X509) *sent, char *why, size_t size);

#endif
