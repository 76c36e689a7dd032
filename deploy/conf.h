/* A plan as the text that the daemon and the tunnel read: pure, same plan, same bytes.
 * Both texts are plain rsyncd.conf(5) and stunnel(8), so that either program can be
 * somebody else's. */
#ifndef SALLYPORT_DEPLOY_CONF_H
#define SALLYPORT_DEPLOY_CONF_H

#include "deploy/emit.h"
#include "deploy/plan.h"

/* Errors stick in o. */
void conf_syncd(const struct plan *p, struct emit *o);
void conf_tunnel(const struct plan *p, struct emit *o);

#endif
