/* The privileged process of one connection.  It holds the configuration and secrets, knows who connected, and answers a
 * short table of requests; no byte of the peer is read here. */
#ifndef SALLYPORT_SYNCD_MONITOR_H
#define SALLYPORT_SYNCD_MONITOR_H

#include <stdint.h>

#include "lib/addr.h"
#include "syncd/policy/conf.h"
#include "syncd/spawn.h"

struct monitor_job {
	const struct syncd_conf *conf;
	int spawner_fd;
	int peer_fd;		/* taken */
	struct spawned worker;	/* taken */
	struct addr peer;
	uint64_t deadline;	/* of greeting and arguments, ms on the monotonic clock */
	uint64_t memory_max;	/* of all sessions together, bytes; 0: no bound */
	int report_fd;		/* gets our pid once the arguments are complete; -1: nobody wants it */
	const char *log_override;	/* --log-file: beats what modules say; NULL: none */
};

/* Serve one connection to its end; in a process of its own.  The exit code. */
int monitor_run(const struct monitor_job *job);

#endif
