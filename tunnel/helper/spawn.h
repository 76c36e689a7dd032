/* The spawner: a process with the service's identity that may start programs and ask name servers,
 * since workers may not.  It reads no byte from a peer, only requests of a fixed size from workers,
 * which name a service of the configuration and never a program.  One serves one generation of workers. */
#ifndef SALLYPORT_TUNNEL_HELPER_SPAWN_H
#define SALLYPORT_TUNNEL_HELPER_SPAWN_H

#include "tunnel/ipc/identity.h"
#include "tunnel/service/service.h"

struct role_filter;

struct spawn_job {
	const struct service_set *services;
	const struct identity *id;
	int ctl_fd;			/* the spawner's end: channels of workers come over it */
	const struct role_filter *filter;	/* for those children that read from a server */
	int keep_stderr;		/* children share it; else what they say there is logged */
};

/* Serve until the last channel is closed and no more can come. */
_Noreturn void spawner_main(const struct spawn_job *job);

#endif
