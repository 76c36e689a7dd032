#include "tunnel/tls/tlsctx.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "tunnel/tls/credentials.h"
#include "tunnel/tls/peercert.h"
#include "tunnel/tls/psk_handshake.h"
#include "tunnel/tls/crl_check.h"
#include "tunnel/tls/session_cache.h"
#include "tunnel/tls/session_ticket.h"
#include "tunnel/tls/stream.h"
#include "tunnel/tls/tlserr.h"
#include "tunnel/tls/tlssettings.h"
#include "tunnel/tls/tlsstate.h"
#include "tunnel/tls/trust.h"

enum { READ_AHEAD = STREAM_TLS_READ + 1024 };

/* Buffers only while bytes are in flight; one read takes several records off the socket. */
static void
set_buffers(SSL_CTX *ctx)
{
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_read_ahead(ctx, 1);
	SSL_CTX_set_default_read_buffer_len(ctx, READ_AHEAD);
}

/* Servers tell clients whom they trust, also when nothing is verified (stunnel-conf section 7.2). */
static int
offer_ca_names(SSL_CTX *ctx, struct conf_err *e)
{
	STACK_OF(X509_OBJECT) *all = X509_STORE_get0_objects(SSL_CTX_get_cert_store(ctx));

	for (int i = 0; i < sk_X509_OBJECT_num(all); i++) {
		X509 *cert = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(all, i));

		if (cert != NULL && !SSL_CTX_add_client_CA(ctx, cert))
			return tls_fail(e, "SSL_CTX_add_client_CA", "");
	}
	return 0;
}

/* Who signed our certificate: one that is sent along with it, or one we trust. */
static X509 *
find_issuer(SSL_CTX *ctx, X509 *cert)
{
	STACK_OF(X509) *sent = NULL;
	X509_STORE_CTX *x = X509_STORE_CTX_new();
	X509 *issuer = NULL;

	SSL_CTX_get0_chain_certs(ctx, &sent);
	for (int i = 0; i < sk_X509_num(sent) && issuer == NULL; i++)
		if (X509_check_issued(sk_X509_value(sent, i), cert) == X509_V_OK && X509_up_ref(sk_X509_value(sent, i)))
			issuer = sk_X509_value(sent, i);
	if (issuer == NULL && x != NULL && X509_STORE_CTX_init(x, SSL_CTX_get_cert_store(ctx), cert, NULL) == 1)
		X509_STORE_CTX_get1_issuer(&issuer, x, cert);
	X509_STORE_CTX_free(x);
	ERR_clear_error();
	return issuer;
}

static int
staple_callback(SSL *ssl, void *arg)
{
	const struct tls_state *state = tls_state_of_ssl(ssl);
	uint8_t *copy;

	(void)arg;
	if (state->staple == NULL || SSL_get_certificate(ssl) != SSL_CTX_get0_certificate(SSL_get_SSL_CTX(ssl)) ||
	    (copy = OPENSSL_memdup(state->staple, state->n_staple)) == NULL)
		return SSL_TLSEXT_ERR_NOACK;
	SSL_set_tlsext_status_ocsp_resp(ssl, copy, (long)state->n_staple);
	return SSL_TLSEXT_ERR_OK;
}

void
tlsctx_own(SSL_CTX *ctx, X509 **ret_cert, X509 **ret_issuer)
{
	const struct tls_state *state = tls_state_of(ctx);

	*ret_cert = SSL_CTX_get0_certificate(ctx);
	*ret_issuer = state->issuer;
}

void
tlsctx_set_staple(SSL_CTX *ctx, const uint8_t *bytes, size_t n)
{
	struct tls_state *state = tls_state_of(ctx);
	uint8_t *copy = OPENSSL_memdup(bytes, n);

	if (copy == NULL)
		return;
	OPENSSL_free(state->staple);
	state->staple = copy;
	state->n_staple = n;
}

static int
fill_context(SSL_CTX *ctx, struct tls_state *state, const char *scope, struct keyring *ring, struct conf_err *e)
{
	const struct tls_conf *conf = state->conf;
	const struct trust trust = {
		.ca_file = conf->ca_file, .ca_path = conf->ca_path, .ca_store = conf->ca_store,
		.ca_dir = conf->ca_dir, .ca_system = conf->ca_system,
		.crl_file = conf->crl_file, .crl_path = conf->crl_path, .needed = conf->plain.verify.chain || conf->plain.verify.peer,
	};
	int r;

	set_buffers(ctx);
	if ((r = tls_set_protocol(ctx, conf, e)) != 0 || (r = tls_run_commands(ctx, conf, e)) != 0 ||
	    (r = tls_set_groups(ctx, conf, e)) != 0 || (r = psk_use(ctx, state, e)) != 0 ||
	    (r = credentials_load(ctx, conf, ring, e)) != 0 || (r = trust_load(SSL_CTX_get_cert_store(ctx), &trust, e)) != 0)
		return r;
	session_limits_use(ctx, conf);
	state->lists_until = resume_lists_until(SSL_CTX_get_cert_store(ctx));
	if (conf->revoke_live)
		state->lists = crl_check_lists(SSL_CTX_get_cert_store(ctx));
	SSL_CTX_set_verify(ctx, !conf->plain.verify.request ? SSL_VERIFY_NONE :
	    SSL_VERIFY_PEER | (conf->plain.verify.require && !conf->redirects ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), peercert_callback);
	if (conf->client) {
		if ((r = session_cache_use(ctx, state, scope)) != 0)
			return r;
		return SSL_CTX_set_tlsext_status_type(ctx, TLSEXT_STATUSTYPE_ocsp) ? 0 : tls_fail(e, "OCSP", "");
	}
	if (SSL_CTX_get0_certificate(ctx) != NULL)
		state->issuer = find_issuer(ctx, SSL_CTX_get0_certificate(ctx));
	SSL_CTX_set_tlsext_status_cb(ctx, staple_callback);
	if ((r = session_scope_use(ctx, state, scope, e)) != 0 || (r = session_ticket_use(ctx, state, e)) != 0)
		return r;
	SSL_CTX_set_client_hello_cb(ctx, peercert_hello, NULL);
	return offer_ca_names(ctx, e);
}

int
tlsctx_new(const struct tls_conf *conf, const char *scope, struct keyring *ring, SSL_CTX **ret, struct conf_err *e)
{
	SSL_CTX *ctx;
	struct tls_state *state;
	int r;

	ERR_clear_error();
	if ((ctx = SSL_CTX_new(conf->client ? TLS_client_method() : TLS_server_method())) == NULL)
		return tls_fail(e, "SSL_CTX_new", "");
	if ((state = calloc(1, sizeof *state)) == NULL) {
		SSL_CTX_free(ctx);
		return -ENOMEM;
	}
	state->conf = conf;
	SSL_CTX_set_app_data(ctx, state);
	if ((r = fill_context(ctx, state, scope, ring, e)) != 0) {
		tlsctx_free(ctx);
		return r;
	}
	*ret = ctx;
	return 0;
}

/* The library takes only the certificate from the new context; the rest is ours to carry over. */
int
tlsctx_switch(SSL *ssl, SSL_CTX *ctx)
{
	const struct tls_state *state = tls_state_of(ctx);

	if (SSL_set_SSL_CTX(ssl, ctx) != ctx || !tls_switch_commands(ssl, state->conf) ||	/* in the order in which a context is filled */
	    !session_switch(ssl, ctx, state) || !tls_switch_groups(ssl, state->conf))
		return E_TLS;
	SSL_set_verify(ssl, SSL_CTX_get_verify_mode(ctx), peercert_callback);
	SSL_set_client_CA_list(ssl, SSL_dup_CA_list(SSL_CTX_get_client_CA_list(ctx)));
	psk_switch(ssl, state);
	SSL_set_security_level(ssl, SSL_CTX_get_security_level(ctx));
	SSL_set_min_proto_version(ssl, SSL_CTX_get_min_proto_version(ctx));
	SSL_set_max_proto_version(ssl, SSL_CTX_get_max_proto_version(ctx));
	SSL_clear_options(ssl, SSL_get_options(ssl) & ~SSL_CTX_get_options(ctx));
	SSL_set_options(ssl, SSL_CTX_get_options(ctx));
	return 0;
}

void
tlsctx_free(SSL_CTX *ctx)
{
	struct tls_state *state = ctx == NULL ? NULL : tls_state_of(ctx);

	SSL_CTX_free(ctx);
	if (state != NULL) {
		psk_free(state->psk);
		X509_free(state->issuer);
		sk_X509_CRL_pop_free(state->lists, X509_CRL_free);
		OPENSSL_free(state->staple);
		OPENSSL_cleanse(state, sizeof *state);
	}
	free(state);
}

int
tlsctx_authentic(const SSL *ssl)
{
	return SSL_get0_peer_certificate(ssl) != NULL && SSL_get_verify_result(ssl) == X509_V_OK;
}

STACK_OF(X509_CRL) *
tlsctx_lists(const SSL_CTX *ctx)
{
	const struct tls_state *state = tls_state_of(ctx);

	return state->lists;
}
