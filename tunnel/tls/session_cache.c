#include "tunnel/tls/session_cache.h"

#include <openssl/evp.h>
#include <string.h>

#include "lib/is_set.h"
#include "tunnel/tls/peercert.h"
#include "tunnel/tls/resume.h"

/* Of the section with all that its verdicts depend on, and of the server.  0, or there is none. */
static int
key_of(const SSL *ssl, unsigned char key[SESSION_STORE_KEY])
{
	const struct peercert *pc = SSL_get_app_data(ssl);
	const struct tls_state *state = tls_state_of_ssl(ssl);
	EVP_MD_CTX *md;
	int r;

	if (pc == NULL || pc->where[0] == '\0' || state->store == NULL || (md = EVP_MD_CTX_new()) == NULL)
		return -1;
	r = EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 && EVP_DigestUpdate(md, state->scope, sizeof state->scope) == 1 &&
	    EVP_DigestUpdate(md, pc->where, strlen(pc->where)) == 1 && EVP_DigestFinal_ex(md, key, NULL) == 1 ? 0 : -1;
	EVP_MD_CTX_free(md);
	return r;
}

/* The library has a new session.  We keep its bytes and not the session: 0. */
static int
keep_session(SSL *ssl, SSL_SESSION *session)
{
	const struct tls_state *state = tls_state_of_ssl(ssl);
	unsigned char key[SESSION_STORE_KEY], bytes[SESSION_STORE_BYTES], *end = bytes;
	int once = SSL_SESSION_get_protocol_version(session) >= TLS1_3_VERSION, n;

	if (key_of(ssl, key) != 0 || resume_bound(ssl, session, state->conf, state->lists_until) != 0 ||
	    (n = i2d_SSL_SESSION(session, NULL)) <= 0 || n > (int)sizeof bytes)
		return 0;
	n = i2d_SSL_SESSION(session, &end);
	session_store_put(state->store, key, bytes, n > 0 ? (size_t)n : 0, once,
	    resume_made(session) + SSL_SESSION_get_timeout(session));
	OPENSSL_cleanse(bytes, sizeof bytes);
	return 0;
}

static SSL_SESSION *
take_session(const struct tls_state *state, const unsigned char key[SESSION_STORE_KEY])
{
	unsigned char bytes[SESSION_STORE_BYTES];
	const unsigned char *at = bytes;
	size_t n = session_store_take(state->store, key, bytes);
	SSL_SESSION *session = n == 0 ? NULL : d2i_SSL_SESSION(NULL, &at, (long)n);

	OPENSSL_cleanse(bytes, n);
	return session;
}

void
session_cache_offer(SSL *ssl)
{
	unsigned char key[SESSION_STORE_KEY];
	SSL_SESSION *session;

	if (key_of(ssl, key) != 0 || (session = take_session(tls_state_of_ssl(ssl), key)) == NULL)
		return;
	if (SSL_SESSION_is_resumable(session) && resume_holds(session))
		SSL_set_session(ssl, session);
	SSL_SESSION_free(session);
}

void
session_cache_forget(SSL *ssl)
{
	struct peercert *pc = SSL_get_app_data(ssl);
	unsigned char key[SESSION_STORE_KEY];

	if (key_of(ssl, key) == 0)
		session_store_forget(tls_state_of_ssl(ssl)->store, key);
	pc->where[0] = '\0';	/* nor those that are still to come */
}

/* Sessions for our own keeping: which of the client's go where is nothing the library knows. */
int
session_cache_use(SSL_CTX *ctx, struct tls_state *state, const char *name)
{
	const struct tls_conf *conf = state->conf;

	if (!conf->resume || is_set(conf->psk_secrets))
		return 0;
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(ctx, keep_session);
	return resume_scope(conf, name, SSL_CTX_get_cert_store(ctx), state->psk, state->scope);
}

void
session_cache_share(SSL_CTX *ctx, struct session_store *store)
{
	tls_state_of(ctx)->store = store;
}
