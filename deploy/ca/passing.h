/* A client's certificate for a check that lasts seconds: signed by an authority of this machine, and kept nowhere. */
#ifndef SALLYPORT_DEPLOY_CA_PASSING_H
#define SALLYPORT_DEPLOY_CA_PASSING_H

#include <stdint.h>

#include "lib/err.h"

struct passing {
	int cert, key;		/* descriptors of files in memory, PEM; -1: none */
};

/* Sign one for cn, by the authority in dir.  It is in no index, lasts a day, and its key never is on a disk: whoever may do this has the
 * authority's key.  0 and *ret, to be ended; -errno; or E_CONF and *e. */
int passing_make(const char *dir, const char *cn, int64_t now, struct passing *ret, struct conf_err *e);

void passing_done(struct passing *p);	/* also one that was not made */

#endif
