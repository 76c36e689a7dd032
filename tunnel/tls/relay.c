#include "tunnel/tls/relay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"

enum { HALF_TURNS = 16 };

void
half_init(struct half *h, struct stream *from, struct stream *to, struct scratch *sc)
{
	*h = (struct half){ .from = from, .to = to, .scratch = sc };
}

void
half_done(struct half *h)
{
	free(h->held);
	h->held = NULL;
}

void
half_end(struct half *h)
{
	h->eof = 1;
}

int
half_holds(const struct half *h)
{
	return h->held != NULL;
}

/* Write data[0..n): how many were taken, or what broke. */
static ssize_t
put_all(struct half *h, const uint8_t *data, size_t n)
{
	size_t at = 0;
	ssize_t put = 0;

	while (at < n && (put = h->to->ops->write(h->to, data + at, n - at)) > 0)
		at += (size_t)put;
	h->moved += at;
	if (put < 0 && put != E_WANT_WRITE) {
		h->write_failed = 1;
		return put;
	}
	return (ssize_t)at;
}

static int
send_held(struct half *h)
{
	ssize_t put = put_all(h, h->held + h->beg, h->end - h->beg);

	if (put < 0)
		return (int)put;
	if ((h->beg += (size_t)put) < h->end)
		return E_WANT_WRITE;
	free(h->held);
	h->held = NULL;
	return 0;
}

static int
hold(struct half *h, const uint8_t *data, size_t n)
{
	if ((h->held = malloc(n)) == NULL)
		return -ENOMEM;
	memcpy(h->held, data, n);
	h->beg = 0;
	h->end = n;
	return 0;
}

static int
move_some(struct half *h)
{
	uint8_t *data = h->scratch->plain;
	ssize_t got = h->from->ops->read(h->from, data, sizeof h->scratch->plain), put;

	if (got <= 0) {
		h->eof = got == 0;
		return (int)got;
	}
	if ((put = put_all(h, data, (size_t)got)) < 0)
		return (int)put;
	return put < got ? hold(h, data + put, (size_t)(got - put)) : 0;
}

static int
pass_end(struct half *h)
{
	int r;

	if (h->shut)
		return 0;
	if ((r = h->to->ops->shut(h->to)) == 0)
		h->shut = 1;
	else
		h->write_failed = 1;
	return r;
}

int
half_pump(struct half *h)
{
	int r = 0;

	if (h->shut)
		return 0;
	h->write_failed = 0;
	for (int turn = 0; turn < HALF_TURNS && r == 0; turn++) {
		if ((r = h->to->ops->flush(h->to)) != 0)
			h->write_failed = 1;
		else if (h->held != NULL)
			r = send_held(h);
		else if (h->eof)
			return pass_end(h);
		else
			r = move_some(h);
	}
	return r == 0 ? HALF_BUSY : r;
}
