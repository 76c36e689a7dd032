/* The authority of a deployment: on the machine that has it, with the certificate of its door, and copies where the door reads them. */
#ifndef SALLYPORT_DEPLOY_CA_DEPLOYED_H
#define SALLYPORT_DEPLOY_CA_DEPLOYED_H

#include <stdbool.h>

#include "deploy/ca/authority.h"
#include "deploy/model/model.h"

/* What was made by a call. */
struct deployed {
	bool authority, key, cert;
};

/* What the authority calls the door: its host's name, where that is a name, or "server". */
const char *deployed_server(const struct model *m);

/* Make what is missing for m, which has an authority (model_has_authority) and was read from file (absolute): the authority, the door's key, a certificate for that, and the
 * copies.  A file that is there and not the authority's is told, and never replaced.  now: seconds since 1970.  0, -ENOMEM, or E_CONF and
 * *e; what was made until then stays, and the next call goes on. */
int deployed_make(const struct model *m, const char *file, int64_t now, struct deployed *ret, struct conf_err *e);

#endif
