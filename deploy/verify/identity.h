/* Points about certificates that are users: identity.* */
#ifndef SALLYPORT_DEPLOY_VERIFY_IDENTITY_H
#define SALLYPORT_DEPLOY_VERIFY_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>

#include "deploy/verify/ask.h"
#include "lib/buf.h"

/* Ask, where a module's clients are names of certificates: as the door, as somebody else, and through the door with certificates that an
 * authority of the deployment's own signs for it. */
void identity_judge(const struct ask *a);

/* Pure: a common name that a rule ("cn:web-*") lets in, into dst; false: it is no rule for common names, or too long. */
bool identity_example(const char *rule, char *dst, size_t size);

/* Pure: append a PROXY header of version 2 to out, from 127.0.0.1, which says that TLS has verified a certificate of that common name
 * (NULL: that there is none). */
void identity_header(const char *cn, struct buf *out);

#endif
