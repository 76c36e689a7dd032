/* The privileged half of one connection.  It holds config and secrets, knows who connected, and
 * answers a short table of requests; no byte of the peer is read here. */
#ifndef SALLYPORT_SYNCD_MONITOR_H
#define SALLYPORT_SYNCD_MONITOR_H

#include "lib/addr.h"
#include "syncd/policy/conf.h"
#include "syncd/roles.h"

struct monitor_job {
	const struct syncd_conf *conf;
	const struct roles *roles;
	int peer_fd;
	struct addr peer;
	const char *log_override;	/* --log-file: beats what modules say; NULL: none */
};

/* Serve one connection to its end; in a process of its own.  The exit code. */
int monitor_run(const struct monitor_job *job);

#endif
