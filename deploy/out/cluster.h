/* Objects of Kubernetes: ConfigMap, Deployment, Service, NetworkPolicy. */
#ifndef SALLYPORT_DEPLOY_OUT_CLUSTER_H
#define SALLYPORT_DEPLOY_OUT_CLUSTER_H

#include "deploy/emit.h"
#include "deploy/model/model.h"

/* For models with containers.kind = "kubernetes"; errors stick in o. */
void out_cluster(const struct model *m, struct emit *o);

#endif
