/* The spawner's children that fetch something instead of running a program: they answer one
 * request down a pipe and end. */
#ifndef SALLYPORT_TUNNEL_HELPER_HELPER_CHILD_H
#define SALLYPORT_TUNNEL_HELPER_HELPER_CHILD_H

#include "tunnel/service/service.h"
#include "tunnel/ipc/spawnmsg.h"

struct role_filter;

enum { HELPERS_ANSWER_SECONDS = 10 };	/* for a server to answer, once it is reached; TIMEOUTbusy where that is shorter */

/* In a process of its own: write the result to fd and exit, after that many seconds at the latest.  What a responder sends is
 * read within a worker's walls. */
_Noreturn void helper_child_main(const struct service *sv, const struct spawn_request *req, const struct role_filter *filter,
    int fd, unsigned seconds);

#endif
