/* What each process of the tunnel may still do, as data. */
#ifndef SALLYPORT_TUNNEL_ROLES_H
#define SALLYPORT_TUNNEL_ROLES_H

#include "lib/role.h"
#include "tunnel/identity.h"

/* The role of a worker, who reads from peers: the service's user and jail, no files, few system
 * calls.  filter is the caller's, from worker_syscalls. */
struct role roles_worker(const struct identity *id, const struct role_filter *filter);

extern const char *const worker_syscalls[];

#endif
