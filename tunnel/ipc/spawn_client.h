/* The worker's side of the spawner: requests wait their turn, answers come back as callbacks. */
#ifndef SALLYPORT_TUNNEL_IPC_SPAWN_CLIENT_H
#define SALLYPORT_TUNNEL_IPC_SPAWN_CLIENT_H

#include "lib/loop.h"
#include "tunnel/ipc/spawnmsg.h"

/* Called once: error 0 and the descriptor to the child (the callee's), or -errno and fd -1. */
typedef void (*spawn_client_answered)(void *arg, int error, int fd, pid_t pid);

struct spawn_ask;

struct spawn_client {
	struct loop *loop;
	struct watch watch;		/* of the channel; fd -1: there is none */
	struct spawn_ask *first, *unsent, **last;
};

/* fd (the channel, or -1) is taken. */
void spawn_client_init(struct spawn_client *q, struct loop *loop, int fd);
void spawn_client_done(struct spawn_client *q);

/* Ask; *ret can be given to spawn_client_forget until answered was called.  0 or -errno. */
int spawn_client_ask(struct spawn_client *q, const struct spawn_request *req, spawn_client_answered answered, void *arg,
    struct spawn_ask **ret);

/* The answer interests nobody any more. */
void spawn_client_forget(struct spawn_ask *a);

#endif
