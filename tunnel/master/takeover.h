/* Listening sockets that go from a running master to one that was just started, so that no connection is refused while a
 * program is replaced.  The running one answers on a UNIX socket with an abstract name that cannot be guessed beforehand; each looks at the other's
 * credentials first, and nothing else that is said there is acted upon. */
#ifndef SALLYPORT_TUNNEL_MASTER_TAKEOVER_H
#define SALLYPORT_TUNNEL_MASTER_TAKEOVER_H

#include "lib/loop.h"
#include "tunnel/service/listener.h"

/* --- the running one -------------------------------------------------------------------------- */

struct handover;

struct handover_job {
	const struct listener_set *(*listeners)(void *arg);	/* at present */
	void (*taken)(void *arg);	/* the other one serves: drain */
	void *arg;
};

/* Answer from now on.  0 or -errno. */
int handover_new(struct loop *l, const struct handover_job *job, struct handover **ret);
void handover_free(struct handover *h);

/* In a child: close what it shares with us.  h may be NULL. */
void handover_leave(const struct handover *h);

/* --- the new one ------------------------------------------------------------------------------ */

struct takeover {
	int fd;				/* to the running one; -1: there is none */
	struct listener_set *listeners;	/* what it listens on; sockets it was passed itself have no address */
};

#define TAKEOVER_INIT { -1, NULL }

/* Get the sockets of the process whose number is in pidfile.  0, or E_CONF with *e. */
int takeover_begin(struct takeover *t, const char *pidfile, struct conf_err *e);

/* We serve: the other one drains.  What heir does not use is closed. */
void takeover_finish(struct takeover *t, const struct listener_set *heir);

/* Nothing came of it: the other one goes on. */
void takeover_abandon(struct takeover *t);

#endif
