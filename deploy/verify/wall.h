/* Points about the firewall that is loaded: firewall.* */
#ifndef SALLYPORT_DEPLOY_VERIFY_WALL_H
#define SALLYPORT_DEPLOY_VERIFY_WALL_H

#include "deploy/verify/ask.h"

/* Compare what is loaded with the generated rules, which are loaded into a network namespace of nobody's for it. */
void wall_judge(const struct ask *a);

#endif
