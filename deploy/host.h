/* What of a model this machine can be asked about: whether keys and secrets are kept from others, and whether the daemon may enter
 * the directories that it shall serve. */
#ifndef SALLYPORT_DEPLOY_HOST_H
#define SALLYPORT_DEPLOY_HOST_H

#include "deploy/model/model.h"

/* file is the deployment file, whose own mode counts when it holds secrets.  root, a path or "", is put before the
 * paths of keys and certificates.  Faults go to l; files that are not there yet are told in notes. */
void host_check(const struct model *m, const char *file, const char *root, struct faults *l, struct faults *notes);

#endif
