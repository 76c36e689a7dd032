#include "client-wrap/link.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client-wrap/blame.h"
#include "client-wrap/lookup.h"
#include "client-wrap/race.h"
#include "client-wrap/session_file.h"
#include "client-wrap/status.h"
#include "client-wrap/told.h"
#include "client-wrap/way.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "tunnel/tls/ocsp.h"
#include "tunnel/tls/resume.h"
#include "tunnel/tls/tlsctx.h"

_Static_assert((int)REPORT_SCOPE == (int)RESUME_SCOPE && (int)SESSION_SCOPE == (int)RESUME_SCOPE, "one digest in three places");

/* The verdict is peercert's.  The certificate is kept for what is told of it: the library forgets a refused one. */
static int
look_at_certificate(int ok, X509_STORE_CTX *x)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(x, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct link *l = SSL_get_app_data(ssl);
	X509 *cert = X509_STORE_CTX_get0_cert(x);

	if (l->shown == NULL && cert != NULL && X509_up_ref(cert))
		l->shown = cert;
	return peercert_callback(ok, x);
}

/* A session that the server gave.  Until the server is known to be the right one it waits. */
static int
keep_session(SSL *ssl, SSL_SESSION *session)
{
	struct link *l = SSL_get_app_data(ssl);
	unsigned char *at;
	int n;

	if (resume_bound(ssl, session, &l->set.tls, l->lists_until) != 0 || (n = i2d_SSL_SESSION(session, NULL)) <= 0 ||
	    n > REPORT_SESSION_MAX)
		return 0;
	buf_clear(&l->session);
	if ((at = buf_reserve(&l->session, (size_t)n)) == NULL)
		return 0;
	buf_commit(&l->session, (size_t)i2d_SSL_SESSION(session, &at));
	if (l->accepted)
		report_session(l->report_fd, buf_head(&l->session), buf_len(&l->session));
	return 0;
}

/* A session is good for what was asked for when it was made: whom, by which name and key, with which certificate of ours. */
static int
choose_scope(struct link *l)
{
	const X509 *own = SSL_CTX_get0_certificate(l->ctx);
	char pin[TOLD_PIN_SIZE], shown[TOLD_PIN_SIZE];
	uint8_t digest[EVP_MAX_MD_SIZE] = { 0 };
	struct buf name = BUF_INIT;
	int r = -EIO;

	if (own != NULL && X509_digest(own, EVP_sha256(), digest, NULL) != 1)
		return r;
	buf_printf(&name, "%s\n%s\n%s\n%d %s\n%s", l->set.host, l->set.port, l->set.name, l->set.pinned, told_digest(l->set.pin, pin),
	    told_digest(digest, shown));
	r = buf_cstr(&name) == NULL ? -ENOMEM :
	    resume_scope(&l->set.tls, buf_cstr(&name), SSL_CTX_get_cert_store(l->ctx), NULL, l->scope);
	buf_done(&name);
	return r;
}

static SSL_SESSION *
kept_session(const struct link *l)
{
	struct buf text = BUF_INIT;
	int dir = session_dir();
	SSL_SESSION *session = NULL;
	const unsigned char *at;

	if (dir < 0)
		return NULL;
	if (session_take(dir, l->scope, &text) == 0) {
		at = buf_head(&text);
		session = d2i_SSL_SESSION(NULL, &at, (long)buf_len(&text));
	}
	close(dir);
	buf_wipe(&text);
	if (session != NULL && SSL_SESSION_is_resumable(session) && resume_holds(session))
		return session;
	SSL_SESSION_free(session);
	return NULL;
}

/* Nothing about sessions is worth an error: without one the handshake is a full one. */
static void
use_sessions(struct link *l)
{
	SSL_SESSION *session = NULL;

	if (!l->set.resume || (!l->set.tls.plain.verify.chain && !l->set.pinned) || choose_scope(l) != 0)
		return;
	l->lists_until = resume_lists_until(SSL_CTX_get_cert_store(l->ctx));
	SSL_CTX_set_session_cache_mode(l->ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(l->ctx, keep_session);
	report_scope(l->report_fd, l->scope);
	if (!l->fresh && (session = kept_session(l)) != NULL)
		SSL_set_session(l->tls.ssl, session);
	SSL_SESSION_free(session);
}

static int
prepare(struct link *l)
{
	struct conf_err e = { "", 0, "" };

	if (tlsctx_new(&l->set.tls, "rsync", NULL, &l->ctx, &e) != 0) {
		log_error("%s%s", e.text, strstr(e.text, "private key from") != NULL ? "; one that is encrypted needs a terminal to ask on" : "");
		return WRAP_SETUP;
	}
	if (scratch_new(&l->scratch) != 0) {
		log_error("%s", err_text(-ENOMEM));
		return WRAP_SETUP;
	}
	return 0;
}

static int
check_pin(const struct link *l)
{
	uint8_t digest[32];

	if (!l->set.pinned)
		return 0;
	if (l->shown != NULL && told_key(l->shown, digest) == 0 && memcmp(digest, l->set.pin, sizeof digest) == 0)
		return 0;
	return blame_pin(l);
}

/* An answer that says nothing is worth as much as none: whoever has a revoked certificate sends none. */
static int
check_staple(const struct link *l)
{
	STACK_OF(X509) *chain = SSL_get0_verified_chain(l->tls.ssl);
	enum ocsp_verdict v = OCSP_NOTHING;
	struct ocsp_query *q = NULL;
	const unsigned char *bytes;
	const char *why = "";
	long n = SSL_get_tlsext_status_ocsp_resp(l->tls.ssl, &bytes);

	if (n <= 0 || !l->set.tls.plain.verify.chain || sk_X509_num(chain) < 2)
		return 0;
	if (ocsp_query_new(sk_X509_value(chain, 0), sk_X509_value(chain, 1), 0, &q) == 0)
		v = ocsp_judge(q, bytes, (size_t)n, SSL_CTX_get_cert_store(l->ctx), chain, 0, 1, &why);
	ocsp_query_free(q);
	if (v == OCSP_NOTHING)
		log_warn("warning: the OCSP answer of %s is of no use: %s", l->set.host, why);
	return v == OCSP_REVOKED ? blame_staple(l) : 0;
}

static int
check_peer(struct link *l)
{
	X509 *cert = SSL_get0_peer_certificate(l->tls.ssl);
	int status;

	if (l->shown == NULL && cert != NULL && X509_up_ref(cert))	/* a resumed session brings the one of then */
		l->shown = cert;
	if (l->set.tls.plain.verify.chain && !tlsctx_authentic(l->tls.ssl))
		return blame_certificate(l);
	if ((status = check_pin(l)) != 0 || (status = check_staple(l)) != 0)
		return status;
	l->accepted = 1;
	if (buf_len(&l->session) > 0)
		report_session(l->report_fd, buf_head(&l->session), buf_len(&l->session));
	return 0;
}

static int
shake_hands(struct link *l)
{
	int r;

	while ((r = stream_tls_handshake(&l->tls)) == E_WANT_READ || r == E_WANT_WRITE)
		if ((r = deadline_wait(&l->deadline, l->fd, r == E_WANT_READ ? POLLIN : POLLOUT)) != 0)
			break;
	return r;
}

static int
handshake(struct link *l, const char *sni)
{
	struct addr literal;
	int r;

	if (stream_tls_init(&l->tls, l->ctx, l->fd, l->fd, l->scratch) != 0 || !peercert_attach(l->tls.ssl, &l->cert))
		return blame_handshake(l, -ENOMEM);
	SSL_set_verify(l->tls.ssl, SSL_get_verify_mode(l->tls.ssl), look_at_certificate);
	if (sni == NULL && addr_parse(l->set.name, 0, &literal) != 0)
		sni = l->set.name;
	if (sni != NULL)
		SSL_set_tlsext_host_name(l->tls.ssl, sni);
	use_sessions(l);
	r = shake_hands(l);
	return r == 0 ? check_peer(l) : blame_handshake(l, r);
}

int
link_open(struct link *l, const struct link_wish *w)
{
	int status;

	*l = (struct link){ .report_fd = w->report_fd, .fresh = w->fresh, .fd = -1, .session = BUF_INIT };
	if ((status = settings_read(&l->set, w->host, w->port)) != 0)
		return status;
	if (!l->set.tls.plain.verify.chain && !l->set.pinned)
		log_warn("warning: verification is off: %s could be anybody", w->host);
	if ((status = prepare(l)) != 0)
		return status;
	if (w->seconds != 0 && w->seconds < l->set.seconds)
		l->set.seconds = w->seconds;
	l->deadline = (struct deadline){ loop_clock() + 1000u * (uint64_t)l->set.seconds, w->report_fd };
	if ((status = way_open(&l->set, &l->deadline, &l->fd, l->address)) != 0)
		return status;
	return handshake(l, w->sni);
}

int
link_keep_session(const struct link *l)
{
	int dir, r;

	if (!l->accepted || buf_len(&l->session) == 0)
		return -ENOENT;
	if ((dir = session_dir()) < 0)
		return dir;
	r = session_put(dir, l->scope, buf_head(&l->session), buf_len(&l->session));
	close(dir);
	return r;
}

void
link_done(struct link *l)
{
	stream_tls_done(&l->tls);
	tlsctx_free(l->ctx);
	scratch_free(l->scratch);
	X509_free(l->shown);
	buf_wipe(&l->session);
	settings_done(&l->set);
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}
