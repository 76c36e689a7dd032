/* What a newcomer is told before it has said a word: version, digests, message of the day. */
#ifndef SALLYPORT_SYNCD_GREETING_H
#define SALLYPORT_SYNCD_GREETING_H

#include <stdint.h>

#include "lib/buf.h"
#include "syncd/policy/conf.h"

struct greeting {
	struct buf text;
	int boot;		/* the same as a file for workers (syncd/spawn.h), or -1 */
};

#define GREETING_INIT { BUF_INIT, -1 }

/* Make g what the configuration and the file of the day say now; cheap where nothing has changed.  0 or -errno. */
int greeting_update(struct greeting *g, const struct syncd_conf *c);
void greeting_done(struct greeting *g);

/* How long greeting and arguments may take, ms: as long as everybody's, or as the timeout for all, if that is shorter. */
uint64_t greeting_ms(const struct syncd_conf *conf);

#endif
