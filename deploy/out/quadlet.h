/* The pod as units that podman 5 makes services of. */
#ifndef SALLYPORT_DEPLOY_OUT_QUADLET_H
#define SALLYPORT_DEPLOY_OUT_QUADLET_H

#include "deploy/emit.h"
#include "deploy/model/model.h"

/* One file each, for models with containers.kind = "quadlet"; errors stick in o. */
void out_quadlet_pod(const struct model *m, struct emit *o);
void out_quadlet_network(const struct model *m, struct emit *o);
void out_quadlet_volume(const struct model *m, struct emit *o);
void out_quadlet_daemon(const struct model *m, struct emit *o);
void out_quadlet_door(const struct model *m, struct emit *o);

#endif
