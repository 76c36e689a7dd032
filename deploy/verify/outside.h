/* What another machine sees of the deployment: outside.* */
#ifndef SALLYPORT_DEPLOY_VERIFY_OUTSIDE_H
#define SALLYPORT_DEPLOY_VERIFY_OUTSIDE_H

#include "deploy/verify/ask.h"

/* Ask a->from, at each of its addresses. */
void outside_judge(const struct ask *a);

#endif
