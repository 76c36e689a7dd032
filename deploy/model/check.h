/* The rules across keys: what a file may say in each place, and not together. */
#ifndef SALLYPORT_DEPLOY_MODEL_CHECK_H
#define SALLYPORT_DEPLOY_MODEL_CHECK_H

#include "deploy/model/model.h"

/* Faults go to l.  m may hold values that were refused already: of those nothing more is said. */
void model_check(const struct model *m, struct faults *l);

/* Its part about containers. */
void check_containers(const struct model *m, struct faults *l);

/* Where to point for a value: where it stands, or else at its group, or else at the file. */
struct where check_at(const struct model *m, struct where own, struct where group);

/* Is the path b below a, or a itself? */
int check_is_below(const char *a, const char *b);

#endif
