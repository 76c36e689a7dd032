/* What each process of the tunnel may still do, as data. */
#ifndef SALLYPORT_TUNNEL_SERVICE_ROLES_H
#define SALLYPORT_TUNNEL_SERVICE_ROLES_H

#include "lib/role.h"
#include "tunnel/ipc/identity.h"
#include "tunnel/service/service.h"

/* The role of a worker, who reads from peers: the service's user and jail, no files, few system
 * calls.  Sections with addresses of their own to connect from may bind, and those that take their
 * clients' keep what the kernel asks for that (when the user is root).  filter is the caller's, from worker_syscalls. */
struct role roles_worker(const struct identity *id, const struct service_set *services, const struct role_filter *filter);

/* The vault's: the user it was given, no jail (nothing can be opened anyway), nothing but its channels. */
struct role roles_vault(uid_t uid, gid_t gid, const struct role_filter *filter);

/* The exporter's: the service's user and jail, no file, no connection but those that come. */
struct role roles_exporter(const struct identity *id, const struct role_filter *filter);

extern const char *const worker_syscalls[], *const vault_syscalls[], *const exporter_syscalls[];

#endif
