/* What others on this machine may see of the tally: the numbers, by HTTP ("metrics"), and the sessions, for --status.  The listener's part;
 * reads no byte from anybody who asks. */
#ifndef SALLYPORT_SYNCD_PUBLISH_H
#define SALLYPORT_SYNCD_PUBLISH_H

#include "lib/loop.h"
#include "syncd/policy/conf.h"
#include "syncd/tally.h"

struct publish;

/* Where --status asks: beside the pid file.  0, or E_LIMIT: its path is too long for a socket; E_UNSUPPORTED: there is no pid file. */
int publish_status_path(const struct global_conf *g, struct addr *ret);

/* What is wrong with "metrics", or NULL; *ret is where to answer. */
const char *publish_metrics_fault(const struct global_conf *g, struct addr *ret);

/* Open the sockets that the configuration wants; what cannot be had is told to the log, and left out.  0 or -errno.  With a spawner the
 * process that answers is started, and again a while after it has ended. */
int publish_new(struct loop *loop, const struct global_conf *g, struct tally *tally, struct publish **ret);
void publish_spawner(struct publish *p, int fd);

/* In a process that is forked: none of it is that one's business. */
void publish_forget(struct publish *p);

/* The end: sockets are removed.  NULL is fine. */
void publish_free(struct publish *p);

#endif
