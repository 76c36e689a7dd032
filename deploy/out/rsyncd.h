/* The daemon's file, for sallyport-syncd and for rsync --daemon: rsyncd.conf(5). */
#ifndef SALLYPORT_DEPLOY_OUT_RSYNCD_H
#define SALLYPORT_DEPLOY_OUT_RSYNCD_H

#include "deploy/emit.h"
#include "deploy/model/model.h"

/* For models with a daemon on this machine: of daemon.program = "sallyport", and of "rsync"; errors stick in o. */
void out_syncd(const struct model *m, struct emit *o);
void out_rsyncd(const struct model *m, struct emit *o);

/* The file of "tls groups file"; errors stick in o. */
void out_groups(const struct model *m, struct emit *o);

#endif
