/* What a worker asks the spawner, who may start programs, ask name servers and reach any server,
 * and what it hears back.  A program and its arguments are never part of it: a request only names
 * a service. */
#ifndef SALLYPORT_TUNNEL_IPC_SPAWNMSG_H
#define SALLYPORT_TUNNEL_IPC_SPAWNMSG_H

#include <stdint.h>
#include <sys/types.h>

#include "lib/addr.h"

enum { SPAWN_HOST_SIZE = 256, SPAWN_DN_SIZE = 512, SPAWN_URL_SIZE = 512, SPAWN_BODY_SIZE = 1024 };

enum spawn_kind {
	SPAWN_PROGRAM,			/* the service's program; the descriptor is its other end */
	SPAWN_CONNECT, SPAWN_REDIRECT,	/* the addresses of the service's own names */
	SPAWN_NAME,			/* the addresses of host, for the port */
	SPAWN_FETCH,			/* what the OCSP responder at url answers to body */
	SPAWN_WRAP,			/* may a peer at host come in?  One byte */
	SPAWN_IDENT,			/* what the ident server at host says of its port and our own */
	SPAWN_KINDS
};

/* One datagram, of exactly this size; the texts end within their fields, "" is "not known". */
struct spawn_request {
	uint32_t kind;
	uint32_t service;		/* index into the set */
	uint32_t port;			/* the peer's, or the name's; up to 65535 */
	char peer[SPAWN_HOST_SIZE];	/* for whom: the peer's address, numeric; "": nobody's */
	char host[SPAWN_HOST_SIZE];	/* the peer's address, numeric; or the name */
	char own[SPAWN_HOST_SIZE];	/* our address, numeric, and port */
	uint32_t own_port;
	char subject[SPAWN_DN_SIZE], issuer[SPAWN_DN_SIZE];	/* of its certificate */
	char url[SPAWN_URL_SIZE];
	uint32_t n_body;
	uint8_t body[SPAWN_BODY_SIZE];
};

/* Answers come in the order of the requests, each with a descriptor when error is 0: the child's
 * other end, or where the result can be read until its end. */
struct spawn_answer {
	int32_t error;			/* 0 or -errno */
	int32_t pid;
};

/* The result of the three questions for addresses. */
enum { SPAWN_ADDRS_MAX = 16 };
struct spawn_addrs {
	uint32_t n;			/* 0: there are none */
	struct addr v[SPAWN_ADDRS_MAX];
};

enum { SPAWN_WRAP_YES = 'y' };

/* What is fetched is no longer than this. */
enum { SPAWN_FETCHED_MAX = 65536 };

#endif
