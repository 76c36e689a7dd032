#include "tunnel/conn/conn_internal.h"

#include <errno.h>
#include <string.h>
#include <syslog.h>


static void
relay_begin(struct conn *c)
{
	struct end *plain = conn_plain_end(c);

	stream_tcp_init(&c->plain, plain->rfd, plain->wfd);
	duplex_init(&c->duplex, c->env->loop, conn_tls_end(c), &c->tls.s, plain, &c->plain.s, c->env->scratch);
	c->duplex.strict = conn_conf(c)->strict_end;
	conn_deadline(c, conn_conf(c)->t_idle);
}

static enum step
relay_failed(struct conn *c, int r)
{
	const struct half *h = duplex_broken(&c->duplex);
	int tls_side = (h == &c->duplex.to_tls) == h->write_failed;
	const char *func = tls_side ? (h->write_failed ? "SSL_write" : "SSL_read") :
	    h->write_failed ? "writesocket" : "readsocket";

	if (r == E_EOF)
		conn_log(c, LOG_ERR, "TLS socket closed (%s) with %s", func, c->duplex.strict ? "no close_notify" : "unsent data");
	else if (r == E_TLS || r == E_PEER || r == E_VERIFY)
		conn_log(c, LOG_ERR, "%s: %s", func, c->tls.why);
	else
		conn_log(c, LOG_ERR, "%s: %s (%d)", func, strerror(-r), -r);
	return conn_reset(c);
}

static void
count_moved(struct conn *c)
{
	const uint64_t moved[2] = { c->duplex.to_tls.moved, c->duplex.to_plain.moved };
	int to_peer = conn_conf(c)->tls.client;		/* which of the two goes to who connected */

	if (c->env->board == NULL)
		return;
	if (c->told[to_peer] == 0 && moved[to_peer] > 0)
		scoreboard_first_byte(c->env->board, c->env->row, c->sv->column, loop_now(c->env->loop) - c->born);
	for (int i = 0; i < 2; i++) {
		if (moved[i] > c->told[i])
			conn_count(c, i == 0 ? COUNT_TO_TLS : COUNT_TO_PLAIN, moved[i] - c->told[i]);
		c->told[i] = moved[i];
	}
}

/* Nothing more is waited for: what can still be said is said, and both sides are closed. */
static enum step
relay_finish(struct conn *c)
{
	half_end(&c->duplex.to_tls);
	half_end(&c->duplex.to_plain);
	duplex_step(&c->duplex);
	count_moved(c);
	return conn_closed(c);
}

static int
is_news(struct conn *c, unsigned bit, int is_so)
{
	if (!is_so || (c->said & bit) != 0)
		return 0;
	c->said |= bit;
	return 1;
}

void
conn_say_ends(struct conn *c)
{
	const struct duplex *d = &c->duplex;

	if (d->loop == NULL)
		return;
	if (is_news(c, 1, d->to_plain.eof))
		conn_log(c, LOG_INFO, d->tls_cut ? "TLS socket closed (SSL_read)" : "TLS closed (SSL_read)");
	if (is_news(c, 2, d->to_plain.shut))
		conn_log(c, LOG_DEBUG, "Sent socket write shutdown");
	if (is_news(c, 4, d->plain_reset))
		conn_log(c, LOG_INFO, "readsocket: %s (%d)", strerror(ECONNRESET), ECONNRESET);
	if (is_news(c, 8, d->to_tls.eof && !d->plain_reset))
		conn_log(c, LOG_INFO, "Read socket closed (readsocket)");
	if (is_news(c, 16, d->to_tls.shut && (SSL_get_shutdown(c->tls.ssl) & SSL_SENT_SHUTDOWN) != 0))
		conn_log(c, LOG_INFO, "SSL_shutdown successfully sent close_notify alert");
}

enum step
conn_relay_run(struct conn *c)
{
	int r;

	if (c->duplex.loop == NULL)
		relay_begin(c);
	r = duplex_step(&c->duplex);
	count_moved(c);
	conn_say_ends(c);
	if (r < 0)
		return relay_failed(c, r);
	if (r == DUPLEX_DONE)
		return conn_closed(c);
	if (!duplex_half_closed(&c->duplex))
		return STEP_WAIT;
	if (conn_conf(c)->t_close == 0)
		return relay_finish(c);
	conn_deadline(c, conn_conf(c)->t_close);
	return STEP_WAIT;
}

/* Both directions are open: the deadline moves with every byte, but the timer only when it rings. */
enum step
conn_idle_expired(struct conn *c)
{
	uint64_t limit = (uint64_t)conn_conf(c)->t_idle * 1000, quiet = loop_now(c->env->loop) - c->touched;

	if (duplex_half_closed(&c->duplex)) {
		conn_log(c, LOG_ERR, "transfer: s_poll_wait: TIMEOUTclose exceeded: closing");
		return relay_finish(c);
	}
	if (quiet < limit) {
		loop_timer(c->env->loop, &c->deadline, limit - quiet);
		return STEP_WAIT;
	}
	conn_log(c, LOG_INFO, "transfer: s_poll_wait: TIMEOUTidle exceeded: sending reset");
	return conn_reset(c);
}
