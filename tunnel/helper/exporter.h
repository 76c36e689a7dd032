/* The process that answers HTTP: /metrics and /healthz, from the board.  It has the service's identity, can open nothing,
 * and knows neither keys nor connections. */
#ifndef SALLYPORT_TUNNEL_HELPER_EXPORTER_H
#define SALLYPORT_TUNNEL_HELPER_EXPORTER_H

#include "lib/role.h"
#include "tunnel/service/scoreboard.h"
#include "tunnel/service/service.h"

struct exporter_job {
	const struct scoreboard *board;
	struct service_set *services;	/* whose certificates expire; nothing else of it is kept */
	const struct role *role;
	int listen_fd;
	int ctl_fd;			/* the exporter's end */
};

/* Serve until told to drain, or the master is gone. */
_Noreturn void exporter_main(const struct exporter_job *job);

#endif
