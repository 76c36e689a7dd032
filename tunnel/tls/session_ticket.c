#include "tunnel/tls/session_ticket.h"

#include <openssl/rand.h>
#include <time.h>

#include "lib/is_set.h"
#include "tunnel/tls/resume.h"
#include "tunnel/tls/crl_check.h"
#include "tunnel/tls/ticket.h"
#include "tunnel/tls/tlserr.h"

enum { TICKET_LIFE_MIN = 3600 };

void
session_limits_use(SSL_CTX *ctx, const struct tls_conf *conf)
{
	SSL_CTX_set_timeout(ctx, (long)conf->cache_seconds);
	SSL_CTX_sess_set_cache_size(ctx, (long)conf->cache_size);
	SSL_CTX_set_num_tickets(ctx, 1);	/* each session that is resumed brings another */
	if (resume_wanted(conf))
		return;
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
	SSL_CTX_set_num_tickets(ctx, 0);
}

/* A key is in use for as long as a session lives, and accepted for as long again. */
static uint64_t
ticket_epoch(const struct tls_conf *conf)
{
	int64_t life = conf->cache_seconds < TICKET_LIFE_MIN ? TICKET_LIFE_MIN : conf->cache_seconds;

	return (uint64_t)(time(NULL) / life);
}

static int
ticket_callback(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *c, EVP_MAC_CTX *mac, int encrypt)
{
	struct tls_state *state = tls_state_of_ssl(ssl);
	int r;

	if (ticket_ring_walk(&state->tickets, ticket_epoch(state->conf)) != 0)
		return -1;
	r = ticket_cipher(&state->tickets, name, iv, c, mac, encrypt);
	return r == 1 && !encrypt && SSL_version(ssl) >= TLS1_3_VERSION ? 2 : r;	/* clients use each once: give another */
}

static int
give_end(SSL *ssl, SSL_SESSION *session)
{
	const struct tls_state *state = tls_state_of_ssl(ssl);

	return resume_bound(ssl, session, state->conf, state->lists_until);
}

static int
ticket_made(SSL *ssl, void *arg)
{
	(void)arg;
	return give_end(ssl, SSL_get_session(ssl)) == 0;
}

/* Those that live in the cache have an end, too. */
static int
session_made(SSL *ssl, SSL_SESSION *session)
{
	if (give_end(ssl, session) != 0)
		SSL_SESSION_set_timeout(session, 0);
	return 0;			/* it is not ours to keep */
}

/* A session carries the verdict of its first handshake: who was revoked since then, or shows no certificate where one is
 * demanded, or comes too late, has to shake hands again, in full. */
static int
is_worth_nothing(SSL *ssl, SSL_SESSION *session)
{
	const struct tls_state *state = tls_state_of_ssl(ssl);
	X509 *peer = SSL_SESSION_get0_peer(session);

	if (!resume_holds(session))
		return 1;
	if (peer == NULL)
		return state->conf->plain.verify.require && !state->conf->redirects && state->psk == NULL;
	return crl_check(SSL_CTX_get_cert_store(SSL_get_SSL_CTX(ssl)), state->lists, peer, NULL);
}

static SSL_TICKET_RETURN
ticket_opened(SSL *ssl, SSL_SESSION *session, const unsigned char *name, size_t n, SSL_TICKET_STATUS status, void *arg)
{
	(void)name;
	(void)n;
	(void)arg;
	if ((status == SSL_TICKET_SUCCESS || status == SSL_TICKET_SUCCESS_RENEW) && is_worth_nothing(ssl, session))
		return SSL_TICKET_RETURN_IGNORE;
	switch (status) {
	case SSL_TICKET_SUCCESS:
		return SSL_TICKET_RETURN_USE;
	case SSL_TICKET_SUCCESS_RENEW:
		return SSL_TICKET_RETURN_USE_RENEW;
	default:
		return SSL_TICKET_RETURN_IGNORE_RENEW;
	}
}

static int
ticket_secret(const char *text, const char *what, unsigned char *key, size_t *ret_n, struct conf_err *e)
{
	if ((*ret_n = ticket_secret_parse(text, key)) != 0)
		return 0;
	return conf_err_set(e, NULL, 0, "Required %s is 16 or 32 byte hexadecimal key", what);
}

int
session_ticket_use(SSL_CTX *ctx, struct tls_state *state, struct conf_err *e)
{
	struct ticket_ring *t = &state->tickets;
	int r;

	if (ticket_ring_init(t, ticket_epoch(state->conf)) != 0)
		return tls_fail(e, "RAND_bytes", "");
	if (is_set(state->conf->ticket_key)) {
		t->fixed = 1;
		if ((r = ticket_secret(state->conf->ticket_key, "ticketKeySecret", t->now.cipher, &t->now.n_cipher, e)) != 0 ||
		    (r = ticket_secret(state->conf->ticket_mac, "ticketMacSecret", t->now.mac, &t->now.n_mac, e)) != 0)
			return r;
	}
	SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, ticket_callback);
	return SSL_CTX_set_session_ticket_cb(ctx, ticket_made, ticket_opened, NULL) ? 0 : tls_fail(e, "SSL_CTX_set_session_ticket_cb", "");
}

/* A client's would part it from the session that its pre-shared key stands for. */
int
session_scope_use(SSL_CTX *ctx, struct tls_state *state, const char *name, struct conf_err *e)
{
	SSL_CTX_sess_set_new_cb(ctx, session_made);
	return resume_scope(state->conf, name, SSL_CTX_get_cert_store(ctx), state->psk, state->scope) == 0 &&
	    SSL_CTX_set_session_id_context(ctx, state->scope, sizeof state->scope) ? 0 : tls_fail(e, "SSL_CTX_set_session_id_context", "");
}

/* Sessions are the first context's to keep or not: where the section keeps none, each connection's are good nowhere else. */
int
session_switch(SSL *ssl, SSL_CTX *ctx, const struct tls_state *state)
{
	unsigned char chance[RESUME_SCOPE];
	int keeps = resume_wanted(state->conf);

	if (!keeps && RAND_bytes(chance, sizeof chance) != 1)
		return 0;
	return SSL_set_num_tickets(ssl, SSL_CTX_get_num_tickets(ctx)) &&
	    SSL_set_session_id_context(ssl, keeps ? state->scope : chance, RESUME_SCOPE);
}
