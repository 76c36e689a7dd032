#include "tunnel/tls/session_cache.h"

#include <stdio.h>
#include <string.h>

#include "lib/is_set.h"
#include "tunnel/tls/peercert.h"
#include "tunnel/tls/resume.h"

static struct kept_session *
find_kept(struct tls_state *state, const char *where)
{
	for (size_t i = 0; i < KEPT_SESSIONS; i++)
		if (strcmp(state->kept[i].where, where) == 0)
			return &state->kept[i];
	return NULL;
}

static struct kept_session *
make_kept(struct tls_state *state, const char *where)
{
	struct kept_session *at = find_kept(state, where);

	if (at != NULL)
		return at;
	at = &state->kept[state->next_kept++ % KEPT_SESSIONS];
	SSL_SESSION_free(at->session);
	at->session = NULL;
	snprintf(at->where, sizeof at->where, "%s", where);
	return at;
}

/* The library has a new session, for us to keep (1) or not. */
static int
keep_session(SSL *ssl, SSL_SESSION *session)
{
	const struct peercert *pc = SSL_get_app_data(ssl);
	struct tls_state *state = tls_state_of_ssl(ssl);
	struct kept_session *at;

	if (pc == NULL || pc->where[0] == '\0' || resume_bound(ssl, session, state->conf, state->lists_until) != 0)
		return 0;
	at = make_kept(state, pc->where);
	SSL_SESSION_free(at->session);
	at->session = session;
	return 1;
}

void
session_cache_offer(SSL *ssl)
{
	const struct peercert *pc = SSL_get_app_data(ssl);
	struct kept_session *at = find_kept(tls_state_of_ssl(ssl), pc->where);

	if (at != NULL && at->session != NULL && SSL_SESSION_is_resumable(at->session) && resume_holds(at->session))
		SSL_set_session(ssl, at->session);
}

void
session_cache_forget(SSL *ssl)
{
	struct peercert *pc = SSL_get_app_data(ssl);
	struct kept_session *at = find_kept(tls_state_of_ssl(ssl), pc->where);

	pc->where[0] = '\0';	/* nor those that are still to come */
	if (at != NULL) {
		SSL_SESSION_free(at->session);
		at->session = NULL;
	}
}

/* Sessions for our own keeping: which of the client's go where is nothing the library knows. */
void
session_cache_use(SSL_CTX *ctx, const struct tls_conf *conf)
{
	if (!conf->resume || is_set(conf->psk_secrets))
		return;
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(ctx, keep_session);
}

void
session_cache_done(struct tls_state *state)
{
	for (size_t i = 0; i < KEPT_SESSIONS; i++)
		SSL_SESSION_free(state->kept[i].session);
}
