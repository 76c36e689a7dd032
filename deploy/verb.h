/* What the verbs about a deployment file share. */
#ifndef SALLYPORT_DEPLOY_VERB_H
#define SALLYPORT_DEPLOY_VERB_H

#include <getopt.h>
#include <stdbool.h>

#include "deploy/model/model.h"
#include "lib/err.h"

enum { VERB_DONE = 0, VERB_FAILED = 1, VERB_MISUSED = 2 };

/* One option of a verb: a text, or a flag. */
struct verb_option {
	const char *name;
	const char **text;
	bool *flag;		/* when text is NULL */
	int (*take)(void *arg, const char *value);	/* when both are NULL: for each time; not 0: bad value */
	void *arg;
	bool optional;		/* take's value may be left out, which is NULL then, and is given with "=" */
};

/* Read options and one file name into *file (NULL: the verb takes none; what is in there counts when none is given).  VERB_DONE, or
 * VERB_MISUSED with words on stderr. */
int verb_args(int argc, char **argv, const char *usage, const struct verb_option *options, size_t n, const char **file);

/* Load a deployment file, and see what of it this machine can be asked.  All faults are told on stderr.  VERB_DONE and
 * *ret, or VERB_FAILED. */
int verb_load(const char *file, const char *root, bool notes, struct model **ret);

/* The same without a look at this machine. */
int verb_load_alone(const char *file, struct model **ret);

/* The deployment file of what is installed here: as its own authority has noted, or /etc/sallyport.conf.  Static. */
const char *verb_installed(void);

/* Tell faults as "FILE:LINE: text", at a level of syslog. */
void verb_tell(const struct faults *l, int level);

/* "verb: text: error" on stderr.  Returns VERB_FAILED. */
int verb_failed(const char *verb, const char *text, int error);

/* How a verb ended: r != 0 is told on stderr, by *e where it is E_CONF.  VERB_DONE or VERB_FAILED. */
int verb_ended(const char *verb, int r, const struct conf_err *e);

#endif
