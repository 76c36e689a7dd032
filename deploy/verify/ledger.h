/* The point daemon.ledger: the ledger that the daemon keeps is whole, and signed by its key where it has one. */
#ifndef SALLYPORT_DEPLOY_VERIFY_LEDGER_H
#define SALLYPORT_DEPLOY_VERIFY_LEDGER_H

#include "deploy/verify/ask.h"

/* Ask it where the model has daemon.ledger.  Files that were moved away are not asked for. */
void ledger_judge(const struct ask *a);

#endif
