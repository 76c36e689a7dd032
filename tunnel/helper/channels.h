/* What spawner and vault have in common: a channel from the master, which brings one to each worker, and requests that come by those. */
#ifndef SALLYPORT_TUNNEL_HELPER_CHANNELS_H
#define SALLYPORT_TUNNEL_HELPER_CHANNELS_H

#include "lib/loop.h"

struct channels;

struct channel {			/* to one worker */
	struct channels *all;
	struct watch watch;
	unsigned number;		/* how many there were before it */
	void *own;			/* the server's, for this channel: NULL at first */
};

/* What a server does.  opened, closed and orphaned may be NULL; arg is what channels_new was given. */
struct channel_server {
	unsigned turn;			/* requests that one worker may have answered in a row, before it is another's turn */

	/* Read a request from c->watch.fd and answer it.  1: more may follow, 0: not now, an error: the channel is closed. */
	int (*serve)(void *arg, struct channel *c);

	/* A new one: 0, or -errno, and it is closed without more words. */
	int (*opened)(void *arg, struct channel *c);

	/* It is about to be closed: free c->own. */
	void (*closed)(void *arg, struct channel *c);

	/* The master is gone: no more channels will come. */
	void (*orphaned)(void *arg);
};

/* Serve what comes by ctl_fd until the master says that this is all or is gone, and the last channel is closed: the loop is stopped then.
 * server and arg are borrowed.  0 or -errno. */
int channels_new(struct loop *loop, int ctl_fd, const struct channel_server *server, void *arg, struct channels **ret);

/* Let its requests wait unread. */
void channel_pause(struct channel *c);

/* Read them again.  0, or -errno: then it is closed, and c is gone. */
int channel_resume(struct channel *c);

#endif
