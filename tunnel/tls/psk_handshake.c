#include "tunnel/tls/psk_handshake.h"

#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "lib/buf.h"
#include "lib/is_set.h"
#include "tunnel/tls/peercert.h"
#include "tunnel/tls/psk.h"
#include "tunnel/tls/tlserr.h"

static void
say_psk(SSL *ssl, int level, const char *what, const char *identity, const char *end)
{
	char text[PSK_MAX_IDENTITY_LEN + 80];

	snprintf(text, sizeof text, "%s%.200s%s", what, identity, end);
	peercert_say(ssl, level, text);
}

static unsigned
give_key(const struct psk *p, unsigned char *key, unsigned max)
{
	if (p->n > max)
		return 0;
	memcpy(key, p->key, p->n);
	return (unsigned)p->n;
}

static unsigned
psk_of_client(SSL *ssl, const char *identity, unsigned char *key, unsigned max)
{
	const struct psk *p = identity == NULL || tls_state_of_ssl(ssl)->psk == NULL ? NULL : psk_find(tls_state_of_ssl(ssl)->psk, identity);

	if (p == NULL) {
		say_psk(ssl, LOG_INFO, "PSK identity not found: ", identity == NULL ? "" : identity, "");
		return 0;
	}
	say_psk(ssl, LOG_NOTICE, "Key configured for PSK identity \"", p->identity, "\"");
	return give_key(p, key, max);
}

static unsigned
psk_for_server(SSL *ssl, const char *hint, char *identity, unsigned max_identity, unsigned char *key, unsigned max)
{
	const struct tls_state *state = tls_state_of_ssl(ssl);
	const struct psk *p = psk_find(state->psk, is_set(state->conf->psk_identity) ? state->conf->psk_identity : NULL);

	(void)hint;
	if (p == NULL || strlen(p->identity) >= max_identity)
		return 0;
	strcpy(identity, p->identity);
	say_psk(ssl, LOG_INFO, "PSK client configured for identity \"", identity, "\"");
	return give_key(p, key, max);
}

static int
demands_psk(const struct tls_conf *conf)
{
	return conf->client && is_set(conf->psk_secrets) && !conf->plain.verify.chain && !conf->plain.verify.peer;
}

/* In TLS 1.3 the library's callback makes keys for SHA-256 only. */
static int
is_psk_cipher(const SSL_CIPHER *c)
{
	int kx = c == NULL ? NID_undef : SSL_CIPHER_get_kx_nid(c);

	if (kx == NID_kx_any)
		return SSL_CIPHER_get_handshake_digest(c) == EVP_sha256();
	return kx == NID_kx_psk || kx == NID_kx_ecdhe_psk || kx == NID_kx_dhe_psk || kx == NID_kx_rsa_psk;
}

/* Nothing else is offered where nothing else would do, so that a server with certificates, too, uses its key. */
static int
restrict_to_psk(SSL_CTX *ctx)
{
	STACK_OF(SSL_CIPHER) *all = SSL_CTX_get_ciphers(ctx);
	struct buf list[2] = { BUF_INIT, BUF_INIT };
	int r = 1;

	for (int i = 0; i < sk_SSL_CIPHER_num(all); i++) {
		const SSL_CIPHER *c = sk_SSL_CIPHER_value(all, i);

		if (is_psk_cipher(c))
			buf_printf(&list[SSL_CIPHER_get_kx_nid(c) == NID_kx_any], ":%s", SSL_CIPHER_get_name(c));
	}
	if (buf_len(&list[0]) > 0)
		r = SSL_CTX_set_cipher_list(ctx, buf_cstr(&list[0]) + 1);
	if (r && buf_len(&list[1]) > 0)
		r = SSL_CTX_set_ciphersuites(ctx, buf_cstr(&list[1]) + 1);
	buf_done(&list[0]);
	buf_done(&list[1]);
	return r;
}

int
psk_use(SSL_CTX *ctx, struct tls_state *state, struct conf_err *e)
{
	int r;

	if (!is_set(state->conf->psk_secrets))
		return 0;
	if ((r = psk_load(state->conf->psk_secrets, &state->psk, e)) != 0)
		return r;
	if (!state->conf->client) {
		SSL_CTX_set_psk_server_callback(ctx, psk_of_client);
		return 0;
	}
	if (psk_find(state->psk, is_set(state->conf->psk_identity) ? state->conf->psk_identity : NULL) == NULL)
		return tls_fail(e, "No key found for the specified PSK identity", "");
	SSL_CTX_set_psk_client_callback(ctx, psk_for_server);
	return !demands_psk(state->conf) || restrict_to_psk(ctx) ? 0 : tls_fail(e, "PSKsecrets: ", "no cipher for them");
}

static int
used_psk(const SSL *ssl)
{
	if (SSL_version(ssl) >= TLS1_3_VERSION)		/* such a client keeps no sessions: it can be nothing else */
		return SSL_session_reused(ssl);
	return is_psk_cipher(SSL_get_current_cipher(ssl));
}

int
psk_is_lacking(const SSL *ssl)
{
	return demands_psk(tls_state_of_ssl(ssl)->conf) && !used_psk(ssl);
}

void
psk_switch(SSL *ssl, const struct tls_state *state)
{
	SSL_set_psk_server_callback(ssl, state->psk == NULL ? NULL : psk_of_client);
}
