/* All that is written from a model: one row a file.  A room that writes more of them (units, packet filter rules) adds
 * its rows to the table in outputs.c.  No writer knows it. */
#ifndef SALLYPORT_DEPLOY_OUT_OUTPUTS_H
#define SALLYPORT_DEPLOY_OUT_OUTPUTS_H

#include <stdbool.h>

#include "deploy/emit.h"
#include "deploy/model/model.h"

struct output {
	const char *kind;	/* for --only */
	const char *path;	/* below the root of this machine, or for clients below the directory that is written */
	unsigned mode;
	bool client;		/* for clients: it is written, and not installed */
	bool secret;		/* what it holds is neither printed nor made from the model alone: write is NULL */
	int (*wanted)(const struct model *m);
	void (*write)(const struct model *m, struct emit *o);	/* errors stick in o */
};

extern const struct output outputs[];
extern const size_t outputs_n;

/* Is there a row of that kind? */
int output_kind(const char *kind);

#endif
