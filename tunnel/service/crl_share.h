/* Certificate revocation lists on their way to workers of earlier generations, who can read no file: which section goes
 * by which lists now. */
#ifndef SALLYPORT_TUNNEL_SERVICE_CRL_SHARE_H
#define SALLYPORT_TUNNEL_SERVICE_CRL_SHARE_H

#include "tunnel/service/service.h"

struct crl_share;

/* The lists of those sections of set that want them to count at once, in memory behind a descriptor: *ret_fd, or -1 when
 * there are none.  0 or -errno. */
int crl_share_pack(const struct service_set *set, int *ret_fd);

/* What is behind such a descriptor, which stays the caller's.  0 or a negative code. */
int crl_share_open(int fd, struct crl_share **ret);
void crl_share_free(struct crl_share *r);

/* The lists of the section of that name, or NULL. */
STACK_OF(X509_CRL) *crl_share_find(const struct crl_share *r, const char *section);

#endif
