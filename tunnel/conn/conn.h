/* One connection from accept to close: phases, deadlines, and what the log says about it. */
#ifndef SALLYPORT_TUNNEL_CONN_CONN_H
#define SALLYPORT_TUNNEL_CONN_CONN_H

#include <stdatomic.h>

#include "lib/loop.h"
#include "tunnel/ipc/spawn_client.h"
#include "tunnel/service/scoreboard.h"
#include "tunnel/service/limit.h"
#include "tunnel/service/refusal.h"
#include "tunnel/service/crl_share.h"
#include "tunnel/service/service.h"
#include "tunnel/tls/stream.h"
#include "tunnel/ipc/vault_client.h"

struct conn;

/* What the connections of one worker share. */
struct conn_env {
	struct loop *loop;
	struct scratch *scratch;
	const struct service_set *services;
	struct spawn_client asks;		/* programs wanted of the spawner */
	struct vault_queue vault;	/* signatures wanted of the vault */
	_Atomic uint64_t *next_id;	/* shared by all workers: ids are unique since the start */
	void (*gone)(void *arg);	/* a connection has ended and count is one less */
	void *arg;
	struct conn *first;		/* all of them */
	unsigned count;
	struct conn *shaking, **shaking_last;	/* those whose handshake is not done, the oldest first */
	unsigned n_shaking, shaking_max;	/* beyond which the oldest goes; 0: no bound */
	struct limits *limits;		/* NULL: none */
	struct scoreboard *board;		/* NULL: nothing is counted */
	size_t row;
	struct refusals refusals;
	struct crl_share *revoked;	/* since these connections came; NULL: none */
};

/* Serve the connection on rfd and wfd (the same for a socket), which are taken.  What happens to
 * it, the log says; env and sv must outlive it. */
void conn_start(struct conn_env *env, const struct service *sv, int rfd, int wfd);

/* The same with a program of the service's own in the peer's place.  ended is called at its end. */
void conn_start_program(struct conn_env *env, const struct service *sv, void (*ended)(void *arg), void *arg);

/* Reset them all, programs too. */
void conn_reset_all(struct conn_env *env);

/* From now on these lists (taken) count for all connections, those that are there first: whom they revoke is reset. */
void conn_recheck_all(struct conn_env *env, struct crl_share *fresh);

/* Log them all (SIGUSR2). */
void conn_list(const struct conn_env *env);

#endif
