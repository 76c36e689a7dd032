/* The listening sockets of a service set.  A reload lends them to its successor. */
#ifndef SALLYPORT_TUNNEL_LISTENER_H
#define SALLYPORT_TUNNEL_LISTENER_H

#include "tunnel/service.h"

struct listener {
	int fd;
	size_t service;			/* index into the set */
	struct addr asked;		/* what was configured; port 0 stays 0 */
};

struct listener_set {
	struct listener *v;
	size_t n;
};

/* A socket for every address of every service, taken from old (may be NULL) where it listens
 * there already.  0, -ENOMEM, or E_CONF with *e; old is never changed. */
int listener_set_open(const struct service_set *services, const struct listener_set *old, struct listener_set **ret,
    struct conf_err *e);

/* Close those that are not also in heir (may be NULL), and free the set; final: the program ends
 * or the address is given up, so remove the names of UNIX sockets. */
void listener_set_free(struct listener_set *set, const struct listener_set *heir, int final);

#endif
