/* The worker's side of the spawner: requests wait their turn, answers come back as callbacks. */
#ifndef SALLYPORT_TUNNEL_IPC_ASK_H
#define SALLYPORT_TUNNEL_IPC_ASK_H

#include "lib/loop.h"
#include "tunnel/ipc/spawnmsg.h"

/* Called once: error 0 and the descriptor to the child (the callee's), or -errno and fd -1. */
typedef void (*ask_answered)(void *arg, int error, int fd, pid_t pid);

struct ask;

struct ask_queue {
	struct loop *loop;
	struct watch watch;		/* of the channel; fd -1: there is none */
	struct ask *first, *unsent, **last;
};

/* fd (the channel, or -1) is taken. */
void ask_queue_init(struct ask_queue *q, struct loop *loop, int fd);
void ask_queue_done(struct ask_queue *q);

/* Ask; *ret can be given to ask_forget until answered was called.  0 or -errno. */
int ask_spawn(struct ask_queue *q, const struct spawn_request *req, ask_answered answered, void *arg, struct ask **ret);

/* The answer interests nobody any more. */
void ask_forget(struct ask *a);

#endif
