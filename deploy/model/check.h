/* The rules across keys: what a file may say in each place, and not together. */
#ifndef SALLYPORT_DEPLOY_MODEL_CHECK_H
#define SALLYPORT_DEPLOY_MODEL_CHECK_H

#include "deploy/model/model.h"

/* Faults go to l.  m may hold values that were refused already: of those nothing more is said. */
void model_check(const struct model *m, struct faults *l);

#endif
