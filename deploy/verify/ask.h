/* What every group of points is given. */
#ifndef SALLYPORT_DEPLOY_VERIFY_ASK_H
#define SALLYPORT_DEPLOY_VERIFY_ASK_H

#include "deploy/model/model.h"
#include "deploy/render.h"
#include "deploy/verify/point.h"

#define VERIFY_NEEDS_ROOT "root is needed"

struct processes;

struct ask {
	const char *file;		/* the deployment file */
	const struct model *m;
	const struct rendering *all;	/* what would be installed */
	const struct faults *faults;	/* what rendering said of secrets */
	const struct processes *running;	/* all of this machine, for those groups that ask about them */
	bool root;			/* do we run as root? */
	const char *from;		/* --from: the host's name or address as seen from here; NULL: we are on it */
	struct points *points;
};

/* The text that would be installed at path ("etc/..."), borrowed, or NULL where the model has no such file. */
const char *ask_text(const struct ask *a, const char *path);

#endif
