/* haproxy.cfg: HAProxy as the door, in front of the daemon here or of back ends elsewhere. */
#ifndef SALLYPORT_DEPLOY_OUT_HAPROXY_H
#define SALLYPORT_DEPLOY_OUT_HAPROXY_H

#include "deploy/emit.h"
#include "deploy/model/model.h"

/* For models with door.kind = "haproxy"; errors stick in o. */
void out_haproxy(const struct model *m, struct emit *o);

#endif
