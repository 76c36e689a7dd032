/* One look at a deployment: every part is asked, and one that does not answer says so in its place. */
#ifndef SALLYPORT_DEPLOY_STATUS_GATHER_H
#define SALLYPORT_DEPLOY_STATUS_GATHER_H

#include "deploy/model/model.h"
#include "deploy/status/facts.h"

/* Fill ret.  m must outlive it. */
void gather(const char *file, const struct model *m, struct status *ret);

/* Ask for the connections alone. */
void gather_sessions(const struct model *m, struct status *ret);

#endif
