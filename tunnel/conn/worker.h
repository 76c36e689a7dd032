/* A worker: one process, one event loop, one unchanging service set.  It reads from peers, so it
 * gives everything else up first. */
#ifndef SALLYPORT_TUNNEL_CONN_WORKER_H
#define SALLYPORT_TUNNEL_CONN_WORKER_H

#include <stdatomic.h>
#include <stdint.h>

#include "tunnel/service/scoreboard.h"
#include "tunnel/service/limit.h"
#include "tunnel/service/listener.h"
#include "tunnel/service/roles.h"

struct worker_job {
	const struct service_set *services;
	const struct listener_set *listeners;
	const struct role *role;
	int ctl_fd;			/* the worker's end */
	int ask_fd, vault_fd;		/* to the spawner and the vault, or -1; taken */
	int leads;			/* runs the programs that are peers themselves */
	_Atomic uint64_t *next_id;
	struct limits *limits;		/* NULL: none */
	struct scoreboard *board;		/* where it is told how many there are; NULL: nowhere */
	size_t row;
};

enum { WORKER_EXIT_ROLE = 70 };		/* it could not give up what it must */

/* Serve until told to drain and the last connection is gone, or the master is. */
_Noreturn void worker_main(const struct worker_job *job);

/* Inetd mode: the one connection over descriptors 0 and 1, in this process.  0, or -errno. */
int worker_serve_one(const struct worker_job *job);

/* The signals that are the master's business are ignored here. */
void worker_reset_signals(void);

#endif
