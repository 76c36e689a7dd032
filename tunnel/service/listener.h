/* The listening sockets of a service set.  A reload lends them to its successor. */
#ifndef SALLYPORT_TUNNEL_SERVICE_LISTENER_H
#define SALLYPORT_TUNNEL_SERVICE_LISTENER_H

#include "tunnel/service/service.h"

struct listener {
	int fd;
	size_t service;			/* index into the set */
	struct addr asked;		/* what was configured; port 0 stays 0; empty for a passed one */
};

struct listener_set {
	struct listener *v;
	size_t n;
	struct listener metrics;	/* fd -1: there is none */
};

/* Sockets that the service manager opened; they stay open as long as the master serves. */
struct passed {
	int *fds;
	size_t n;
};

int passed_add(struct passed *p, int fd);	/* 0 or -ENOMEM */
void passed_close(struct passed *p);

/* A socket for every address of every service, taken from old (may be NULL) where it listens
 * there already; the first sections that accept get a copy of what was passed instead.
 * 0, -ENOMEM, or E_CONF with *e; old is never changed. */
int listener_set_open(const struct service_set *services, const struct listener_set *old, const struct passed *passed,
    struct listener_set **ret, struct conf_err *e);

/* Close those that are not also in heir (may be NULL), and free the set; final: the program ends
 * or the address is given up, so remove the names of UNIX sockets. */
void listener_set_free(struct listener_set *set, const struct listener_set *heir, int final);

#endif
