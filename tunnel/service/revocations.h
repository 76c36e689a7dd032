/* Certificate revocation lists on their way to workers of earlier generations, who can read no file: which section goes
 * by which lists now. */
#ifndef SALLYPORT_TUNNEL_SERVICE_REVOCATIONS_H
#define SALLYPORT_TUNNEL_SERVICE_REVOCATIONS_H

#include "tunnel/service/service.h"

struct revocations;

/* The lists of those sections of set that want them to count at once, in memory behind a descriptor: *ret_fd, or -1 when
 * there are none.  0 or -errno. */
int revocations_pack(const struct service_set *set, int *ret_fd);

/* What is behind such a descriptor, which stays the caller's.  0 or a negative code. */
int revocations_open(int fd, struct revocations **ret);
void revocations_free(struct revocations *r);

/* The lists of the section of that name, or NULL. */
STACK_OF(X509_CRL) *revocations_find(const struct revocations *r, const char *section);

#endif
