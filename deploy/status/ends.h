/* What of a deployment's certificates and lists ends when. */
#ifndef SALLYPORT_DEPLOY_STATUS_ENDS_H
#define SALLYPORT_DEPLOY_STATUS_ENDS_H

#include "deploy/ca/index.h"
#include "deploy/model/model.h"
#include "deploy/status/facts.h"

/* Look at the files of the door, and at the index of an authority of the deployment's own.  now: seconds since 1970. */
void ends_ask(const struct model *m, int64_t now, struct status_ends *ret);

/* Pure: add the clients whose newest certificate ends within STATUS_SOON_DAYS, and count those that are let in. */
void ends_clients(const struct ca_index *x, int64_t now, struct status_ends *ret);

#endif
