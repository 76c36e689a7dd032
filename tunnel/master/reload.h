/* From a file to everything that serving it needs, or to nothing but a log line.  The master
 * swaps what this builds. */
#ifndef SALLYPORT_TUNNEL_MASTER_RELOAD_H
#define SALLYPORT_TUNNEL_MASTER_RELOAD_H

#include "tunnel/service/listener.h"
#include "tunnel/master/file_watch.h"

/* Where the configuration is. */
struct source {
	const char *path;		/* absolute; or, for messages, the descriptor's number */
	int fd;				/* -1: read path */
};

/* What one generation of workers serves. */
struct plan {
	struct service_set *services;
	struct listener_set *listeners;	/* NULL in inetd mode */
	struct watched *files;		/* it was made from, where they are to be watched; or NULL */
};

/* What outlives all plans. */
struct keep {
	struct passed passed;		/* sockets from the service manager */
	struct remotekeys *remote;
};

/* Build *ret; listening sockets that old (may be NULL) has already are shared with it.  0, or a
 * negative code; why is in the log. */
int plan_build(const struct source *from, const struct plan *old, const struct keep *keep, struct plan *ret);

/* Give up a plan whose listeners heir (may be NULL) has taken over where it could. */
void plan_free(struct plan *p, const struct plan *heir);

#endif
