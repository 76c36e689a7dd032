/* --why: what the daemon would answer to a client, and which line of the file makes it so; by the functions that decide. */
#ifndef SALLYPORT_SYNCD_WHY_H
#define SALLYPORT_SYNCD_WHY_H

#include <stdbool.h>
#include <stddef.h>

#include "syncd/policy/conf.h"

/* What is asked; NULL: not asked. */
struct why_question {
	const char *module;
	const char *from;	/* the client's address */
	const char *user;	/* who logs in, as */
	const char *const *tls_names;	/* of its certificate, as "tls users" spells them, */
	size_t n_tls_names;	/* so many; 0: it shows none */
	const char *const *options;	/* names or letters, without or with dashes, */
	size_t n_options;	/* so many */
	bool no_tls;		/* it does not come by TLS, or nobody says that it does */
	bool json;		/* an array of objects instead of lines and a verdict */
	const char *path;	/* in the module; one that ends in a slash is a directory */
};

/* Print a line for each point and the verdict, to standard output; or an object for each: "part" (module, address, certificate, user, limit,
 * option, path), "verdict" (lets, refuses, depends), "file" ("" for none) and "line" of the parameter, "text".  The exit code: 0: let in; 5, as the client would have it: not;
 * 1: it cannot be said, told on standard error. */
int why_main(const struct syncd_conf *conf, const struct why_question *q);

#endif
