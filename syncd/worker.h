/* The unprivileged halves of a connection: what each process runs once it is forked. */
#ifndef SALLYPORT_SYNCD_WORKER_H
#define SALLYPORT_SYNCD_WORKER_H

#include "syncd/privmsg.h"
#include "syncd/roles.h"
#include "syncd/session/session.h"

/* Before admission: greeting to module.  Returns the exit code. */
int worker_main(const struct roles *roles, int peer_fd, int monitor_fd, const char *motd);

/* After it. */
int session_main(const struct roles *roles, int peer_fd, int monitor_fd, const struct session_identity *id,
    const struct grant *grant, const struct admission *a);

#endif
