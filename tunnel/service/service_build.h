/* From a configuration to services that can run: contexts, addresses, virtual sections. */
#ifndef SALLYPORT_TUNNEL_SERVICE_SERVICE_BUILD_H
#define SALLYPORT_TUNNEL_SERVICE_SERVICE_BUILD_H

#include "tunnel/service/service.h"

/* Read the keys, resolve the names.  remote makes the keys that only the vault has, and stays.  conf is taken, also on failure.  0, -ENOMEM, or E_CONF with *e. */
int service_set_build(struct tun_conf *conf, struct remotekeys *remote, struct service_set **ret, struct conf_err *e);
void service_set_free(struct service_set *set);

/* In a process that speaks no TLS: all contexts and secrets of the set are gone, which stays good for everything else. */
void service_set_forget(struct service_set *set);

/* In a worker: its clients' sessions are those of all workers from now on.  In any other process: it has nothing to do with them. */
void service_set_share(struct service_set *set);
void service_set_unshare(struct service_set *set);

#endif
