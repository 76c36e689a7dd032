/* The tally as text for Prometheus.  Knows no socket and no HTTP. */
#ifndef SALLYPORT_SYNCD_METRICS_H
#define SALLYPORT_SYNCD_METRICS_H

#include "lib/buf.h"
#include "syncd/tally.h"

/* Everything, in an order that does not change.  walls: what stands around a process of the daemon, as role_enter reports it. */
void metrics_put(struct buf *out, const struct tally *t, const char *walls);

#endif
