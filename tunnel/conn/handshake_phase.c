#include "tunnel/conn/conn_internal.h"

#include <errno.h>
#include <string.h>
#include <syslog.h>

#include "lib/sock.h"
#include "tunnel/service/sni.h"
#include "tunnel/tls/psk_handshake.h"
#include "tunnel/tls/session_cache.h"


static enum counter
kind_of_failure(int r)
{
	switch (r) {
	case E_EOF:
	case -ECONNRESET:
	case -EPIPE:
		return COUNT_FAIL_GONE;
	case E_VERIFY:
		return COUNT_FAIL_CERT;
	case E_PEER:
		return COUNT_FAIL_ALERT;
	case E_TLS:
		return COUNT_FAIL_TLS;
	default:
		return COUNT_FAIL_OTHER;
	}
}

static enum step
handshake_failed(struct conn *c, int r)
{
	const char *func = conn_conf(c)->tls.client ? "SSL_connect" : "SSL_accept";

	conn_count(c, kind_of_failure(r), 1);
	if (r == E_EOF || r == -ECONNRESET || r == -EPIPE)
		conn_log(c, LOG_ERR, "%s: Peer suddenly disconnected", func);
	else if (r == E_TLS || r == E_VERIFY || r == E_PEER)
		conn_log(c, LOG_ERR, "%s: %s", func, c->tls.why);
	else
		conn_log(c, LOG_ERR, "%s: %s (%d)", func, strerror(-r), -r);
	return conn_reset(c);
}

static void
say_tls(struct conn *c)
{
	const SSL_CIPHER *cipher = SSL_get_current_cipher(c->tls.ssl);
	EVP_PKEY *key = NULL;

	if (conn_conf(c)->plain.debug < LOG_INFO)
		return;
	conn_log(c, LOG_INFO, "TLS %s: %s", conn_conf(c)->tls.client ? "connected" : "accepted",
	    SSL_get_psk_identity(c->tls.ssl) != NULL ? "PSK" :
	    SSL_session_reused(c->tls.ssl) ? "previous session reused" : "new session negotiated");
	conn_log(c, LOG_INFO, "%s ciphersuite: %s (%d-bit encryption)", SSL_get_version(c->tls.ssl), SSL_CIPHER_get_name(cipher),
	    SSL_CIPHER_get_bits(cipher, NULL));
	if (SSL_get_peer_tmp_key(c->tls.ssl, &key) == 1) {
		const char *name = EVP_PKEY_get0_type_name(key);

		conn_log(c, LOG_INFO, "Peer temporary key: %s, %d bits", name, EVP_PKEY_get_bits(key));
		EVP_PKEY_free(key);
	} else {
		conn_log(c, LOG_INFO, "No peer temporary key received");
	}
}

static void
say_cert(void *arg, int level, const char *text)
{
	conn_log(arg, level, "%s", text);
}

/* Before anything is computed for it. */
static int
comes_too_often(const struct conn *c)
{
	const struct tun_conf *conf = c->env->services->conf;
	struct addr peer;

	if (c->env->limits == NULL || (conf->shake_rate == 0 && conf->shake_rate_address == 0))
		return 0;
	if (sock_peer(c->local.rfd, &peer) != 0)
		peer = (struct addr){ .ss.ss_family = AF_UNSPEC };
	return !limits_admit(c->env->limits, LIMIT_HANDSHAKES, &peer, loop_now(c->env->loop), (unsigned)conf->shake_rate,
	    (unsigned)conf->shake_rate_address);
}

/* From here on it is a connection of the section that was asked for. */
static int
named(void *arg, SSL *ssl, const char *name)
{
	const struct service *chosen;
	struct conn *c = arg;

	if (!c->greeted && comes_too_often(c)) {
		refusals_add(&c->env->refusals, REFUSED_SHAKE_RATE);
		conn_count(c, COUNT_FAIL_RATE, 1);
		return 0;
	}
	c->greeted = 1;			/* a second one of the same handshake is no second handshake */
	if ((chosen = sni_choose(c->sv, ssl, name)) == NULL)
		return 0;
	conn_switch(c, chosen);
	return 1;
}

/* Who stalls must not keep out those who do not: beyond the bound the oldest goes.  An honest handshake
 * is over long before it is the oldest of thousands. */
static void
shakes(struct conn *c)
{
	struct conn_env *env = c->env;

	if (env->shaking == NULL)
		env->shaking_last = &env->shaking;
	c->shaking_prev = env->shaking_last;
	*env->shaking_last = c;
	env->shaking_last = &c->shaking_next;
	if (++env->n_shaking > env->shaking_max && env->shaking_max > 0) {
		refusals_add(&env->refusals, REFUSED_STALL);
		conn_count(env->shaking, COUNT_FAIL_STALL, 1);
		conn_log(env->shaking, LOG_INFO, "SSL_accept: more than handshakesMax unfinished: sending reset");
		conn_reset(env->shaking);
	}
}

static int
answered(SSL *ssl, void *arg)
{
	(void)ssl;
	conn_ready(arg, 0);
	return 1;
}

/* A farewell is told with what led to it, before it. */
static void
say_alert(const SSL *ssl, int where, int ret)
{
	struct conn *c = ((const struct peercert *)SSL_get_app_data(ssl))->arg;

	if ((where & SSL_CB_ALERT) == 0)
		return;
	if ((where & SSL_CB_WRITE) != 0 && (ret & 0xff) == SSL_AD_CLOSE_NOTIFY) {
		conn_say_ends(c);
		conn_log(c, LOG_DEBUG, "Sending close_notify alert");
	}
	conn_log(c, LOG_DEBUG, "TLS alert (%s): %s: %s", (where & SSL_CB_READ) != 0 ? "read" : "write",
	    SSL_alert_type_string_long(ret), SSL_alert_desc_string_long(ret));
}

/* Called when the TLS side's descriptor is there: at once in server mode. */
static int
tls_begin(struct conn *c)
{
	struct end *e = conn_tls_end(c);
	int r;

	if ((r = stream_tls_init(&c->tls, c->sv->tls, e->rfd, e->wfd, c->env->scratch)) != 0)
		return r;
	if (c->env->services->keys.n > 0)
		stream_tls_waits(&c->tls, answered, c);
	c->cert = (struct peercert){ .say = say_cert, .named = named, .arg = c };
	if (!peercert_attach(c->tls.ssl, &c->cert))
		return -ENOMEM;
	if (conn_conf(c)->tls.client && c->sv->connect.n > 0 && c->own.n == 0) {
		addr_text(conn_address(c), c->cert.where, sizeof c->cert.where);
		session_cache_offer(c->tls.ssl);
	}
	if (c->sv->sni != NULL) {
		conn_log(c, LOG_INFO, "SNI: sending servername: %s", c->sv->sni);
		SSL_set_tlsext_host_name(c->tls.ssl, c->sv->sni);
	}
	conn_log(c, LOG_INFO, "Peer certificate %srequired", conn_conf(c)->tls.plain.verify.require ? "" : "not ");
	if (conn_conf(c)->plain.debug >= LOG_DEBUG)
		SSL_set_info_callback(c->tls.ssl, say_alert);
	conn_deadline(c, conn_conf(c)->t_busy);
	if (!conn_conf(c)->tls.client)
		shakes(c);
	return 0;
}

enum step
conn_tls_run(struct conn *c)
{
	int r;

	if (c->tls.ssl == NULL && (r = tls_begin(c)) != 0)
		return handshake_failed(c, r);
	r = stream_tls_handshake(&c->tls);
	if (r == E_WANT_READ || r == E_WANT_WRITE) {
		r = end_watch(c->env->loop, conn_tls_end(c), r == E_WANT_READ ? EPOLLIN : EPOLLOUT);
		return r == 0 ? STEP_WAIT : handshake_failed(c, r);
	}
	end_watch(c->env->loop, conn_tls_end(c), 0);
	if (r == E_DENIED) {
		conn_log(c, LOG_INFO, "SSL_accept: handshakeRate or handshakeRateAddress exceeded: sending reset");
		return conn_reset(c);
	}
	if (r == E_WANT_ANSWER)
		return STEP_WAIT;
	if (r != 0)
		return handshake_failed(c, r);
	conn_shaken(c);
	say_tls(c);
	if (psk_is_lacking(c->tls.ssl)) {
		conn_count(c, COUNT_FAIL_CERT, 1);
		conn_log(c, LOG_ERR, "SSL_connect: The server used no pre-shared key, and nothing else is verified");
		return conn_reset(c);
	}
	if (conn_is_revoked(c)) {
		conn_count(c, COUNT_FAIL_REVOKED, 1);
		return conn_revoke(c);
	}
	conn_count(c, SSL_session_reused(c->tls.ssl) ? COUNT_SHAKEN_RESUMED : COUNT_SHAKEN_FULL, 1);
	return conn_advance(c);
}

enum step
conn_tls_expired(struct conn *c)
{
	conn_count(c, COUNT_FAIL_TIME, 1);
	conn_log(c, LOG_INFO, "%s: s_poll_wait: TIMEOUTbusy exceeded: sending reset", conn_conf(c)->tls.client ? "SSL_connect" : "SSL_accept");
	return conn_reset(c);
}
