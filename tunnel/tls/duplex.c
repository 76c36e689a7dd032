#include "tunnel/tls/duplex.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/err.h"

static void
end_ready(void *arg, uint32_t events)
{
	struct end *e = arg;

	if (e->stream != NULL && (events & ~(uint32_t)EPOLLOUT) != 0)
		e->stream->drained = 0;
	e->ready(e->arg, events);
}

void
end_init(struct end *e, int rfd, int wfd, void (*ready)(void *, uint32_t), void *arg)
{
	*e = (struct end){ .rfd = rfd, .wfd = wfd, .ready = ready, .arg = arg };
	e->in = (struct watch){ .fd = rfd, .ready = end_ready, .arg = e };
	e->out = (struct watch){ .fd = wfd, .ready = end_ready, .arg = e };
}

static int
set_watch(struct loop *l, struct watch *w, uint32_t events)
{
	if (events != 0)
		return loop_watch(l, w, events);
	loop_rest(l, w);
	return 0;
}

int
end_watch(struct loop *l, struct end *e, uint32_t events)
{
	int r;

	if (e->rfd == e->wfd)
		return set_watch(l, &e->in, events);
	if ((r = set_watch(l, &e->in, events & EPOLLIN)) != 0)
		return r;
	return set_watch(l, &e->out, events & EPOLLOUT);
}

void
end_close(struct loop *l, struct end *e, int reset)
{
	struct linger now = { 1, 0 };

	loop_unwatch(l, &e->in);
	loop_unwatch(l, &e->out);
	if (e->rfd >= 0) {
		if (reset)
			setsockopt(e->rfd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
		close(e->rfd);
	}
	if (e->wfd >= 0 && e->wfd != e->rfd)
		close(e->wfd);
	e->rfd = e->wfd = -1;
}

/* From here on a stream asks the kernel for bytes only when there may be some. */
static void
attach(struct end *e, struct stream *s)
{
	e->stream = s;
	s->remembers = 1;
}

void
duplex_init(struct duplex *d, struct loop *l, struct end *tls, struct stream *tls_stream, struct end *plain,
    struct stream *plain_stream, struct scratch *sc)
{
	*d = (struct duplex){ .loop = l, .tls = tls, .plain = plain, .r_tls = HALF_BUSY, .r_plain = HALF_BUSY };
	attach(tls, tls_stream);
	attach(plain, plain_stream);
	half_init(&d->to_tls, plain_stream, tls_stream, sc);
	half_init(&d->to_plain, tls_stream, plain_stream, sc);
}

void
duplex_done(struct duplex *d)
{
	half_done(&d->to_tls);
	half_done(&d->to_plain);
}

static int
broke(int r)
{
	return r < 0 && r != E_WANT_READ && r != E_WANT_WRITE;
}

/* Two ends that are no farewells but taken for one (stunnel-conf section 13.3).  rsync notices in
 * its own protocol what a missing close_notify would hide; and a daemon that refuses a client
 * resets the connection while its reason is still on the way, which must arrive. */
static void
forgive(struct duplex *d)
{
	if (d->strict)
		return;
	if (d->r_plain == E_EOF && !half_holds(&d->to_plain) && d->r_tls != E_WANT_WRITE) {
		d->tls_cut = 1;
		half_end(&d->to_plain);
		d->r_plain = half_pump(&d->to_plain);
	}
	if (d->r_tls == -ECONNRESET && !d->to_tls.write_failed) {
		d->plain_reset = 1;
		half_end(&d->to_tls);
		d->r_tls = half_pump(&d->to_tls);
	}
}

static uint32_t
events_for(int reading, int writing)
{
	uint32_t in = reading == E_WANT_READ || reading == HALF_BUSY ? EPOLLIN : 0;

	return in | (writing == E_WANT_WRITE ? EPOLLOUT : 0);
}

static int
watch_both(struct duplex *d)
{
	int r;

	if ((r = end_watch(d->loop, d->tls, events_for(d->r_plain, d->r_tls))) != 0 ||
	    (r = end_watch(d->loop, d->plain, events_for(d->r_tls, d->r_plain))) != 0)
		return r;
	if (d->r_tls == HALF_BUSY || d->r_plain == HALF_BUSY)
		loop_again(d->loop, &d->tls->in);	/* after end_watch, which would forget it */
	return 0;
}

int
duplex_step(struct duplex *d)
{
	int r;

	d->r_plain = half_pump(&d->to_plain);
	d->r_tls = half_pump(&d->to_tls);
	forgive(d);
	if (broke(d->r_plain))
		return d->r_plain;
	if (broke(d->r_tls))
		return d->r_tls;
	if (d->r_tls == 0 && d->r_plain == 0)
		return DUPLEX_DONE;
	return (r = watch_both(d)) != 0 ? r : DUPLEX_GOES_ON;
}

int
duplex_half_closed(const struct duplex *d)
{
	if ((d->r_tls == 0) == (d->r_plain == 0))
		return 0;
	return d->r_tls == 0 ? d->r_plain == E_WANT_READ : d->r_tls == E_WANT_READ;
}

const struct half *
duplex_broken(const struct duplex *d)
{
	return broke(d->r_plain) ? &d->to_plain : &d->to_tls;
}
