/* All that is written from a model: one row a file.  A room that writes more of them (units, packet filter rules) adds
 * its rows to the table in outputs.c. */
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

/* --- what several files agree about: names that the units make ---------------------------- */
#define OUT_SECRETS "etc/sallyport/syncd.secrets"
#define OUT_RUN "/run/sallyport"

/* The user that the door runs as, with a group of the same name, who alone may open the daemon's socket. */
const char *out_door_user(const struct model *m);

/* Where the daemon finds the secrets: the file itself, or for an unprivileged one what its unit lends it. */
const char *out_secrets_path(const struct model *m);

/* "# NAME: ..." with what made the file, in the first lines of it. */
void out_heading(const struct model *m, struct emit *o, const char *what);

#endif
