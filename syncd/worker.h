/* The unprivileged processes of a connection: what each runs once the spawner has forked it. */
#ifndef SALLYPORT_SYNCD_WORKER_H
#define SALLYPORT_SYNCD_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "syncd/roles.h"

/* What a process is given; its descriptors end with it. */
struct process_job {
	int peer_fd;		/* the connection; -1: none */
	int monitor_fd;		/* its pair with the monitor */
	int boot_fd;		/* what it is told: a worker the greeting's text, the others see their functions */
	int root_fd;		/* the module's directory; -1: none */
	int sums_fd;		/* the file of its checksum cache; -1: none */
	uint64_t deadline;	/* of a worker, ms on the monotonic clock */
	uint32_t greeted;	/* a worker: bytes of the greeting that are already on their way */
	bool proxied;		/* a worker: a PROXY header comes first */
};

/* Before admission: greeting to module.  The exit code. */
int worker_main(const struct roles *roles, const struct process_job *job);

/* After it; told what syncd/boot.h writes.  The exit code. */
int session_main(const struct roles *roles, const struct process_job *job);

#endif
