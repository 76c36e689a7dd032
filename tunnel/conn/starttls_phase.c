/* The phases in which a protocol talks before the data: starttls says what, this file moves it. */
#include "tunnel/conn/conn_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>

struct talk {
	struct starttls st;
	int asked;			/* what the last step returned */
	int waiting;			/* the answer to ST_QUIET or ST_LOOKUP is on its way */
	struct stream_tcp plain[2];	/* by side */
	struct async_job *job;
};

void
conn_starttls_free(struct conn *c)
{
	if (c->talk == NULL)
		return;
	async_job_forget(c->talk->job);
	starttls_done(&c->talk->st);
	free(c->talk);
	c->talk = NULL;
}

static struct end *
end_of(struct conn *c, enum starttls_side side)
{
	return side == ST_LOCAL ? &c->local : &c->remote;
}

/* TLS, once it is there, is on one of the two sides. */
static struct stream *
stream_of(struct conn *c, enum starttls_side side)
{
	int encrypted = c->tls.ssl != NULL && end_of(c, side) == conn_tls_end(c);

	return encrypted ? &c->tls.s : &c->talk->plain[side].s;
}

static enum starttls_slot
slot_of(const struct conn *c)
{
	return (enum starttls_slot)(c->phase - PH_EARLY);
}

static int
talk_begin(struct conn *c, starttls_run run)
{
	struct talk *t = calloc(1, sizeof *t);

	if (t == NULL)
		return -ENOMEM;
	c->talk = t;
	for (int side = ST_LOCAL; side <= ST_REMOTE; side++) {
		const struct end *e = end_of(c, (enum starttls_side)side);

		if (e->rfd >= 0)
			stream_tcp_init(&t->plain[side], e->rfd, e->wfd);
	}
	conn_deadline(c, conn_conf(c)->t_busy);
	t->asked = starttls_begin(&t->st, run, &conn_conf(c)->starttls);
	return 0;
}

/* Wait for one side only: the other may talk already, to whoever comes after us. */
static int
wait_for(struct conn *c, enum starttls_side side, int r)
{
	int other = end_watch(c->env->loop, end_of(c, side == ST_LOCAL ? ST_REMOTE : ST_LOCAL), 0);

	return other != 0 ? other : end_watch(c->env->loop, end_of(c, side), r == E_WANT_READ ? EPOLLIN : EPOLLOUT);
}

static int
push(struct conn *c, enum starttls_side side)
{
	struct stream *s = stream_of(c, side);
	struct buf *out = &c->talk->st.out[side];
	ssize_t n;

	while (buf_len(out) > 0) {
		if ((n = s->ops->write(s, buf_head(out), buf_len(out))) < 0)
			return (int)n;
		buf_consume(out, (size_t)n);
	}
	return end_of(c, side)->wfd < 0 ? 0 : s->ops->flush(s);
}

/* What came too much is read out, or closing would take our last words back. */
static void
drain_local(struct conn *c)
{
	if (c->local.rfd >= 0)
		while (recv(c->local.rfd, c->env->scratch->plain, sizeof c->env->scratch->plain, MSG_DONTWAIT) > 0)
			;
}

static enum step
talk_failed(struct conn *c, int r)
{
	const char *name = starttls_names[conn_conf(c)->protocol];
	int polite = c->talk != NULL && c->talk->st.polite;

	if (c->talk != NULL && c->talk->st.why != NULL)
		conn_log(c, LOG_ERR, "%s", c->talk->st.why);
	else if (r == E_EOF || r == 0)
		conn_log(c, LOG_ERR, "%s: Peer suddenly disconnected", name);
	else
		conn_log(c, LOG_ERR, "%s: %s", name, r > -1000 ? strerror(-r) : err_text(r));
	conn_starttls_free(c);
	if (!polite)
		return conn_reset(c);
	drain_local(c);
	return conn_closed(c);
}

static int
is_configured(const struct conn *c, const struct addr *at)
{
	for (size_t i = 0; i < c->sv->connect.n; i++)
		if (c->sv->connect.v[i].len == at->len && memcmp(&c->sv->connect.v[i].ss, &at->ss, at->len) == 0)
			return 1;
	return 0;
}

/* Where the peer wants to go, but for the loopback, unless the section says that it leads there. */
static int
take_target(struct conn *c)
{
	const struct starttls *st = &c->talk->st;

	if (!st->has_target)
		return 0;
	if ((c->own.v = malloc(st->n_found * sizeof *st->found)) == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < st->n_found; i++)
		if (!starttls_is_here(&st->found[i]) || is_configured(c, &st->found[i]))
			c->own.v[c->own.n++] = st->found[i];
	return c->own.n > 0 ? 0 : E_DENIED;
}

static enum step
talk_done(struct conn *c)
{
	int r = take_target(c);

	if (r == E_DENIED) {
		conn_log(c, LOG_WARNING, "Connection to the loopback rejected");
		return conn_reset(c);
	}
	if (r != 0)
		return talk_failed(c, r);
	conn_starttls_free(c);
	end_watch(c->env->loop, &c->local, 0);
	end_watch(c->env->loop, &c->remote, 0);
	return conn_advance(c);
}

static void
go_on(struct conn *c)
{
	struct talk *t = c->talk;

	t->waiting = 0;
	conn_deadline(c, conn_conf(c)->t_busy);
	t->asked = starttls_go_on(&t->st);
}

/* Nobody talked: that is an answer too. */
int
conn_starttls_is_quiet(struct conn *c)
{
	if (c->talk == NULL || c->talk->asked != ST_QUIET)
		return 0;
	c->talk->st.talked = 0;
	go_on(c);
	return 1;
}

static enum step
quiet(struct conn *c)
{
	int r;

	if (c->talk->waiting) {
		c->talk->st.talked = 1;
		go_on(c);
		return STEP_NEXT;
	}
	c->talk->waiting = 1;
	loop_timer(c->env->loop, &c->deadline, ST_QUIET_MS);
	return (r = wait_for(c, ST_LOCAL, E_WANT_READ)) == 0 ? STEP_WAIT : talk_failed(c, r);
}

static void
looked_up(void *arg, const uint8_t *bytes, size_t n)
{
	struct conn *c = arg;
	struct starttls *st = &c->talk->st;
	struct spawn_addrs got = { .n = 0 };

	c->talk->job = NULL;
	conn_job_done(c);
	if (n == sizeof got)
		memcpy(&got, bytes, sizeof got);
	st->n_found = got.n < ARRAY_LEN(st->found) ? got.n : ARRAY_LEN(st->found);
	memcpy(st->found, got.v, st->n_found * sizeof *st->found);
	go_on(c);
	conn_run(c);
}

static enum step
look_up(struct conn *c)
{
	struct talk *t = c->talk;
	struct spawn_request req = { .kind = SPAWN_NAME, .port = t->st.port };
	int r;

	if (t->waiting)
		return STEP_WAIT;
	if (addr_parse(t->st.host, t->st.port, &t->st.found[0]) == 0 && t->st.found[0].ss.ss_family != AF_UNIX) {
		t->st.n_found = 1;
		go_on(c);
		return STEP_NEXT;
	}
	t->waiting = 1;
	end_watch(c->env->loop, &c->local, 0);
	snprintf(req.host, sizeof req.host, "%s", t->st.host);
	r = conn_job_start(c, &req, sizeof(struct spawn_addrs), looked_up, &t->job);
	return r == 0 ? STEP_WAIT : talk_failed(c, r);
}

static enum step
take_some(struct conn *c)
{
	struct starttls *st = &c->talk->st;
	struct stream *s = stream_of(c, st->from);
	size_t want = starttls_wants(st);
	ssize_t n;
	int r;

	if (want > sizeof c->env->scratch->plain)
		want = sizeof c->env->scratch->plain;
	n = s->ops->read(s, c->env->scratch->plain, want);
	if (n == E_WANT_READ || n == E_WANT_WRITE)
		return (r = wait_for(c, st->from, (int)n)) == 0 ? STEP_WAIT : talk_failed(c, r);
	if (n <= 0)
		return talk_failed(c, (int)n);
	c->talk->asked = starttls_take(st, c->env->scratch->plain, (size_t)n);
	return STEP_NEXT;
}

enum step
conn_starttls_run(struct conn *c)
{
	starttls_run run;
	int r;

	if (c->talk == NULL) {
		if ((run = starttls_find(conn_conf(c)->protocol, conn_conf(c)->tls.client, slot_of(c))) == NULL)
			return conn_advance(c);
		if ((r = talk_begin(c, run)) != 0)
			return talk_failed(c, r);
	}
	for (int side = ST_LOCAL; side <= ST_REMOTE; side++) {
		r = push(c, (enum starttls_side)side);
		if (r == E_WANT_READ || r == E_WANT_WRITE)
			return (r = wait_for(c, (enum starttls_side)side, r)) == 0 ? STEP_WAIT : talk_failed(c, r);
		if (r != 0)
			return talk_failed(c, r);
	}
	switch (c->talk->asked) {
	case ST_DONE:
		return talk_done(c);
	case ST_QUIET:
		return quiet(c);
	case ST_LOOKUP:
		return look_up(c);
	case ST_READ:
		return take_some(c);
	default:
		return talk_failed(c, c->talk->asked);
	}
}
