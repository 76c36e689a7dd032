/* Both containers for docker compose. */
#ifndef SALLYPORT_DEPLOY_OUT_COMPOSE_H
#define SALLYPORT_DEPLOY_OUT_COMPOSE_H

#include "deploy/emit.h"
#include "deploy/model/model.h"

/* For models with containers.kind = "compose"; errors stick in o. */
void out_compose(const struct model *m, struct emit *o);

#endif
