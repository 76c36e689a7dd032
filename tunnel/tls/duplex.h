/* Both directions of a connection on one event loop: the two halves, and which descriptors to
 * watch for them.  Who owns the streams, and what an end means, is the caller's. */
#ifndef SALLYPORT_TUNNEL_TLS_DUPLEX_H
#define SALLYPORT_TUNNEL_TLS_DUPLEX_H

#include "lib/loop.h"
#include "tunnel/tls/relay.h"

/* The descriptors of one stream: a socket (rfd == wfd) or two of them; -1: none (any more). */
struct end {
	int rfd, wfd;
	struct watch in, out;
	struct stream *stream;		/* told when there is something to read; NULL: nobody is */
	void (*ready)(void *arg, uint32_t events);
	void *arg;
};

/* e stays where it is while it is watched. */
void end_init(struct end *e, int rfd, int wfd, void (*ready)(void *arg, uint32_t events), void *arg);

/* Wait for EPOLLIN, EPOLLOUT, both or (0) nothing.  0 or -errno. */
int end_watch(struct loop *l, struct end *e, uint32_t events);

/* Close both descriptors, with a reset where asked and possible. */
void end_close(struct loop *l, struct end *e, int reset);

struct duplex {
	struct loop *loop;
	struct end *tls, *plain;
	struct half to_tls, to_plain;
	int r_tls, r_plain;		/* what each half said last */
	int strict;			/* set after init: an end without a farewell breaks the connection */
	int tls_cut;			/* TLS ended without close_notify */
	int plain_reset;		/* the plain side ended by a reset */
};

/* Two ends with their streams, all of them borrowed until duplex_done. */
void duplex_init(struct duplex *d, struct loop *l, struct end *tls, struct stream *tls_stream, struct end *plain,
    struct stream *plain_stream, struct scratch *sc);
void duplex_done(struct duplex *d);

enum { DUPLEX_DONE = 0, DUPLEX_GOES_ON = 1 };

/* Move what can be moved and watch for the rest.  DUPLEX_DONE when both ends were passed on,
 * DUPLEX_GOES_ON, or what broke. */
int duplex_step(struct duplex *d);

/* Has exactly one direction ended, with nothing buffered either way? */
int duplex_half_closed(const struct duplex *d);

/* The direction that broke, after duplex_step said so. */
const struct half *duplex_broken(const struct duplex *d);

#endif
