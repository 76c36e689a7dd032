/* Every file of a model as text in memory, before any is written. */
#ifndef SALLYPORT_DEPLOY_RENDER_H
#define SALLYPORT_DEPLOY_RENDER_H

#include "deploy/emit.h"
#include "deploy/out/outputs.h"

struct rendered {
	const struct output *row;
	struct emit text;
};

struct rendering {
	struct rendered *v;
	size_t n;
};

/* All rows of that kind (NULL: all) that the model wants.  root is where an earlier run's secrets are.  0 or -errno;
 * E_CONF with faults in l.  ret is for rendering_done either way. */
int render(const struct model *m, int root, const char *only, struct rendering *ret, struct faults *l);

/* Does a file that was read hold the same bytes? */
int rendered_is(const struct rendered *one, const struct buf *old);

/* Free the texts; secrets are wiped. */
void rendering_done(struct rendering *r);

#endif
