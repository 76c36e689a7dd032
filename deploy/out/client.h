/* What a client that comes through TLS needs, where it has no sallyport-rsync(1): its own end of the tunnel. */
#ifndef SALLYPORT_DEPLOY_OUT_CLIENT_H
#define SALLYPORT_DEPLOY_OUT_CLIENT_H

#include "deploy/emit.h"
#include "deploy/model/model.h"

/* Errors stick in o. */
void out_client(const struct model *m, struct emit *o);		/* for stunnel(8) or sallyport-tunnel(8) */
void out_hosts(const struct model *m, struct emit *o);		/* a line for /etc/hosts */

#endif
