/* The door's file for sallyport-tunnel(8), and for stunnel(8), whose language that is. */
#ifndef SALLYPORT_DEPLOY_OUT_STUNNEL_H
#define SALLYPORT_DEPLOY_OUT_STUNNEL_H

#include "deploy/emit.h"
#include "deploy/model/model.h"

/* For models with door.kind = "tunnel", and "stunnel"; errors stick in o. */
void out_tunnel(const struct model *m, struct emit *o);
void out_stunnel(const struct model *m, struct emit *o);

#endif
