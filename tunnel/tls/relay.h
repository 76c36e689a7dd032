/* One direction of a connection; a connection has two.  Knows streams, nothing of TLS or sockets. */
#ifndef SALLYPORT_TUNNEL_TLS_RELAY_H
#define SALLYPORT_TUNNEL_TLS_RELAY_H

#include "tunnel/tls/stream.h"

struct half {
	struct stream *from, *to;
	struct scratch *scratch;
	uint8_t *held;		/* what `to` would not take yet; NULL while nothing waits */
	size_t beg, end;
	int eof;		/* nothing more is read */
	int shut;		/* and `to` has been told */
	int write_failed;	/* the failure returned was of `to` */
	uint64_t moved;		/* bytes that `to` took */
};

enum { HALF_BUSY = 1 };

/* From one stream to the other, both borrowed until half_done, which frees what is held. */
void half_init(struct half *h, struct stream *from, struct stream *to, struct scratch *sc);
void half_done(struct half *h);

/* Move what can be moved, up to a share.  0: the end was passed on, forever.  HALF_BUSY: the share
 * is used up, call again.  E_WANT_READ: wait for from.  E_WANT_WRITE: wait for to.  Else broken;
 * E_EOF is from's end without a farewell, and half_end takes it for one. */
int half_pump(struct half *h);

/* Read no more; what is held still goes out, then the end. */
void half_end(struct half *h);

/* Has it bytes that `to` did not take? */
int half_holds(const struct half *h);

#endif
