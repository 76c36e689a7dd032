/* What a worker asks the spawner, who may start programs, and what it hears back.  The program
 * and its arguments are never part of it: a request only names a service. */
#ifndef SALLYPORT_TUNNEL_SPAWNMSG_H
#define SALLYPORT_TUNNEL_SPAWNMSG_H

#include <stdint.h>
#include <sys/types.h>

enum { SPAWN_HOST_SIZE = 64, SPAWN_DN_SIZE = 512 };

/* One datagram, of exactly this size; the texts end within their fields, "" is "not known". */
struct spawn_request {
	uint32_t service;		/* index into the set */
	uint32_t port;			/* the peer's, up to 65535 */
	char host[SPAWN_HOST_SIZE];	/* the peer's address, numeric */
	char subject[SPAWN_DN_SIZE], issuer[SPAWN_DN_SIZE];	/* of its certificate */
};

/* Answers come in the order of the requests, each with the child's other end when error is 0. */
struct spawn_answer {
	int32_t error;			/* 0 or -errno */
	int32_t pid;
};

#endif
