/* What an administrator does behind an install: it starts nothing by itself. */
#ifndef SALLYPORT_DEPLOY_OUT_NEXT_H
#define SALLYPORT_DEPLOY_OUT_NEXT_H

#include "deploy/emit.h"
#include "deploy/model/model.h"

/* Commands for a shell, a line each.  update: an earlier install may run.  Errors stick in o. */
void out_next(const struct model *m, int update, struct emit *o);

#endif
