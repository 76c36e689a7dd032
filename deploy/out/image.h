/* Containerfile: the image that both containers are made from. */
#ifndef SALLYPORT_DEPLOY_OUT_IMAGE_H
#define SALLYPORT_DEPLOY_OUT_IMAGE_H

#include "deploy/emit.h"
#include "deploy/model/model.h"

/* For models in containers; errors stick in o. */
void out_image(const struct model *m, struct emit *o);

#endif
