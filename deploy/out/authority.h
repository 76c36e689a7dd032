/* The units that keep the deployment's own authority fresh. */
#ifndef SALLYPORT_DEPLOY_OUT_AUTHORITY_H
#define SALLYPORT_DEPLOY_OUT_AUTHORITY_H

#include "deploy/emit.h"
#include "deploy/model/model.h"

/* For models that have one (model_has_authority); errors stick in o. */
void out_unit_authority(const struct model *m, struct emit *o);
void out_unit_authority_timer(const struct model *m, struct emit *o);

/* For models whose clients get their next certificates from it (model_renews). */
void out_unit_renewal(const struct model *m, struct emit *o);
void out_unit_renewal_socket(const struct model *m, struct emit *o);

#endif
