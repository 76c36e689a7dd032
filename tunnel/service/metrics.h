/* The board's numbers as text for Prometheus.  Knows no socket and no HTTP. */
#ifndef SALLYPORT_TUNNEL_SERVICE_METRICS_H
#define SALLYPORT_TUNNEL_SERVICE_METRICS_H

#include <time.h>

#include "lib/buf.h"
#include "tunnel/service/scoreboard.h"

struct metrics_cert {
	const char *service;
	time_t expires;
};

/* Everything, in an order that does not change. */
void metrics_put(struct buf *out, const struct scoreboard *b, const struct metrics_cert *certs, size_t n_certs, time_t now);

#endif
