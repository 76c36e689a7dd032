/* The spawner's jobs: children that ask name servers, TCP wrappers, responders and ident servers.  Each has a deadline and
 * ends with who asked for it.  A section, a peer's address and a worker have a share each of those that run at a time; what is
 * beyond waits, and is passed by whom it does not concern.  Reads no byte of a result. */
#ifndef SALLYPORT_TUNNEL_HELPER_HELPER_CHILDREN_H
#define SALLYPORT_TUNNEL_HELPER_HELPER_CHILDREN_H

#include <sys/types.h>

#include "lib/loop.h"
#include "tunnel/service/service.h"
#include "tunnel/ipc/spawnmsg.h"

struct role_filter;

enum {
	HELPERS_MAX = 256,		/* children at a time */
	HELPERS_WORKER = 128,		/* of these, for one worker */
	HELPERS_SERVICE = 64,		/* for one section */
	HELPERS_PEER = 16,		/* for peers of one address (IPv6: one /64) */
	HELPERS_WAITING = 256,		/* that wait, for one worker: beyond, the oldest of the peer with most gives way */
	HELPERS_NAME_SECONDS = 15	/* for names and TCP wrappers, and before any server is reached by its name */
};

struct helper_children;

/* loop, services and filter (of those children that read from a server) are the caller's and stay.  0 or -ENOMEM. */
int helper_children_new(struct loop *loop, const struct service_set *services, const struct role_filter *filter,
    struct helper_children **ret);

/* Ends all that run. */
void helper_children_free(struct helper_children *r);

/* The job of a sound request of that worker (any number of its own), now or when there is room.  0 with *ret_fd, where the
 * result comes until its end: none when nothing came of it.  Or -errno. */
int helper_children_add(struct helper_children *r, unsigned worker, const struct spawn_request *req, int *ret_fd);

/* A child of the process has ended.  1: it was one of them. */
int helper_children_ended(struct helper_children *r, pid_t pid);

#endif
