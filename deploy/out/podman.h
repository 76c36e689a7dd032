/* A pod of podman's, made and taken away by a script, and the unit that calls it. */
#ifndef SALLYPORT_DEPLOY_OUT_PODMAN_H
#define SALLYPORT_DEPLOY_OUT_PODMAN_H

#include "deploy/emit.h"
#include "deploy/model/model.h"

/* For models with containers.kind = "podman"; errors stick in o. */
void out_podman(const struct model *m, struct emit *o);
void out_podman_unit(const struct model *m, struct emit *o);

#endif
