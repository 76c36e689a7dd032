/* Points about units, asked of the service manager: unit.NAME.*, unit.NAME.exposure. */
#ifndef SALLYPORT_DEPLOY_VERIFY_UNITS_H
#define SALLYPORT_DEPLOY_VERIFY_UNITS_H

#include "deploy/verify/ask.h"

/* Ask for all units of the model at once. */
void units_judge(const struct ask *a);

#endif
