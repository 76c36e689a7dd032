/* sallyport explain: a deployment as a picture. */
#ifndef SALLYPORT_DEPLOY_EXPLAIN_H
#define SALLYPORT_DEPLOY_EXPLAIN_H

#include "deploy/emit.h"
#include "deploy/model/model.h"

/* argv[0] is the verb; prints the picture.  The exit status: 0, 1 (the file is wrong or cannot be read), 2 (usage). */
int explain_main(int argc, char **argv);

/* The picture as text; errors stick in o. */
void explain(const struct model *m, struct emit *o);

#endif
