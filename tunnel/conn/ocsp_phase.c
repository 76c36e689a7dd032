/* TLS is there: what becomes of a peer with this certificate.  OCSP is asked now, before any byte goes
 * on, and not within the handshake: that would keep all other connections of this process waiting. */
#include "tunnel/conn/conn_internal.h"

#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "lib/is_set.h"
#include "tunnel/tls/ocsp.h"
#include "tunnel/tls/session_cache.h"
#include "tunnel/tls/tlsctx.h"

struct judge {
	STACK_OF(X509) *chain;		/* the connection's, from the peer's own upwards */
	int depth;			/* of the certificate in question */
	int asked;			/* somebody has been asked about it */
	struct ocsp_query *query;
	STACK_OF(OPENSSL_STRING) *urls;	/* of the certificate itself */
	int next_url;			/* -1: the configured responder */
	struct async_job *job;
};

static void
forget_certificate(struct judge *j)
{
	ocsp_query_free(j->query);
	X509_email_free(j->urls);
	j->query = NULL;
	j->urls = NULL;
}

void
conn_ocsp_free(struct conn *c)
{
	if (c->judge == NULL)
		return;
	async_job_forget(c->judge->job);
	forget_certificate(c->judge);
	free(c->judge);
	c->judge = NULL;
}

static enum step
redirect(struct conn *c)
{
	conn_log(c, LOG_NOTICE, "Redirecting connection");
	c->redirected = 1;
	return conn_advance(c);
}

static enum step
refuse(struct conn *c)
{
	char name[512];

	peercert_name(X509_get_subject_name(sk_X509_value(c->judge->chain, c->judge->depth)), name, sizeof name);
	conn_log(c, LOG_WARNING, "Rejected by OCSP at depth=%d: %s", c->judge->depth, name);
	if (conn_conf(c)->tls.client)
		session_cache_forget(c->tls.ssl);
	conn_ocsp_free(c);
	if (conn_conf(c)->tls.redirects)
		return redirect(c);
	conn_log(c, LOG_ERR, "%s: certificate verify failed", conn_conf(c)->tls.client ? "SSL_connect" : "SSL_accept");
	return conn_reset(c);
}

/* The next certificate, if it has an issuer to ask about it: the root vouches for itself.  1, 0 when there is none, or -errno. */
static int
next_certificate(struct conn *c)
{
	struct judge *j = c->judge;
	X509 *cert;
	int r;

	forget_certificate(j);
	if (++j->depth + 1 >= sk_X509_num(j->chain))
		return 0;
	cert = sk_X509_value(j->chain, j->depth);
	j->asked = 0;
	j->next_url = j->depth == 0 ? -1 : 0;
	if (conn_conf(c)->tls.ocsp_aia)
		j->urls = X509_get1_ocsp(cert);
	r = ocsp_query_new(cert, sk_X509_value(j->chain, j->depth + 1), conn_conf(c)->tls.ocsp_nonce, &j->query);
	return r == 0 ? 1 : r;
}

static enum ocsp_verdict
weigh(struct conn *c, const uint8_t *bytes, size_t n, int stapled)
{
	const struct tls_conf *tls = &conn_conf(c)->tls;
	struct judge *j = c->judge;
	const char *why = "";
	enum ocsp_verdict v = ocsp_judge(j->query, bytes, n, SSL_CTX_get_cert_store(c->sv->tls), j->chain,
	    tls->plain.ocsp_flags, stapled, &why);

	j->asked = 1;
	if (v == OCSP_GOOD)
		conn_log(c, LOG_NOTICE, "OCSP: Accepted (good)");
	else if (v == OCSP_REVOKED)
		conn_log(c, LOG_ERR, "OCSP: Rejected (revoked)");
	else
		conn_log(c, LOG_ERR, "OCSP: The response is of no use: %s", why);
	return v;
}

static const char *
next_responder(struct conn *c, const char **ret_kind)
{
	struct judge *j = c->judge;

	if (j->next_url++ < 0 && is_set(conn_conf(c)->tls.ocsp)) {
		*ret_kind = "configured";
		return conn_conf(c)->tls.ocsp;
	}
	if (j->next_url == 0)
		j->next_url++;
	*ret_kind = "AIA";
	return sk_OPENSSL_STRING_value(j->urls, j->next_url - 1);
}

static enum step
all_judged(struct conn *c)
{
	conn_ocsp_free(c);
	conn_log(c, LOG_NOTICE, "OCSP: Certificate accepted");
	return conn_advance(c);
}

static enum step judge_on(struct conn *c);

/* After a certificate that is good.  Who cannot be asked about is not let in. */
static enum step
judge_next(struct conn *c)
{
	int r = next_certificate(c);

	if (r == 0)
		return all_judged(c);
	if (r > 0)
		return judge_on(c);
	conn_log(c, LOG_ERR, "OCSP: %s", err_text(r));
	return refuse(c);
}

static void
answered(void *arg, const uint8_t *bytes, size_t n)
{
	struct conn *c = arg;
	enum ocsp_verdict v = OCSP_NOTHING;
	enum step step;

	c->judge->job = NULL;
	conn_job_done(c);
	if (n > 0)
		v = weigh(c, bytes, n, 0);
	else
		conn_log(c, LOG_ERR, "OCSP: The responder did not answer");
	if (v == OCSP_GOOD)
		step = judge_next(c);
	else
		step = v == OCSP_REVOKED ? refuse(c) : judge_on(c);
	if (step == STEP_NEXT)
		conn_run(c);
}

static int
ask(struct conn *c, const char *kind, const char *url)
{
	struct spawn_request req = { .kind = SPAWN_FETCH };
	struct judge *j = c->judge;

	j->asked = 1;
	conn_log(c, LOG_NOTICE, "OCSP: Connecting the %s responder \"%s\"", kind, url);
	if (strlen(url) >= sizeof req.url || strncmp(url, "http://", 7) != 0) {
		conn_log(c, LOG_ERR, "OCSP: Only http can be asked");
		return 0;
	}
	snprintf(req.url, sizeof req.url, "%s", url);
	req.n_body = (uint32_t)ocsp_query_put(j->query, req.body, sizeof req.body);
	conn_deadline(c, conn_conf(c)->t_busy + conn_conf(c)->t_ocsp);
	return req.n_body > 0 && conn_job_start(c, &req, SPAWN_FETCHED_MAX, answered, &j->job) == 0;
}

/* Until somebody has to be waited for, or all is known. */
static enum step
judge_on(struct conn *c)
{
	const char *kind, *url;

	while ((url = next_responder(c, &kind)) != NULL)
		if (ask(c, kind, url))
			return STEP_WAIT;
	if (c->judge->asked && conn_conf(c)->tls.ocsp_require) {
		conn_log(c, LOG_ERR, "OCSP: Rejected (OCSPrequire = yes)");
		return refuse(c);
	}
	if (c->judge->asked)
		conn_log(c, LOG_NOTICE, "OCSP: Accepted (OCSPrequire = no)");
	return judge_next(c);
}

/* What the server sent with its certificate. */
static enum ocsp_verdict
weigh_staple(struct conn *c)
{
	const unsigned char *bytes;
	long n = conn_conf(c)->tls.client ? SSL_get_tlsext_status_ocsp_resp(c->tls.ssl, &bytes) : -1;

	if (n > 0)
		return weigh(c, bytes, (size_t)n, 1);
	if (conn_conf(c)->tls.client)
		conn_log(c, LOG_INFO, "OCSP: No OCSP stapling response received");
	return OCSP_NOTHING;
}

static enum step
judge_begin(struct conn *c)
{
	enum ocsp_verdict v;
	int r;

	if ((c->judge = calloc(1, sizeof *c->judge)) == NULL)
		return conn_reset(c);
	c->judge->chain = SSL_get0_verified_chain(c->tls.ssl);
	c->judge->depth = -1;
	if ((r = next_certificate(c)) == 0) {	/* it is its own anchor */
		conn_ocsp_free(c);
		return conn_advance(c);
	}
	if (r < 0) {
		conn_log(c, LOG_ERR, "OCSP: %s", err_text(r));
		return refuse(c);
	}
	if ((v = weigh_staple(c)) == OCSP_REVOKED)
		return refuse(c);
	return v == OCSP_GOOD ? judge_next(c) : judge_on(c);
}

/* A resumed session has no chain: whom it belongs to was judged when it began, since sections that
 * ask about their clients keep no sessions. */
static int
is_to_be_asked_about(const struct conn *c)
{
	const struct tls_conf *tls = &conn_conf(c)->tls;

	return tls->plain.verify.chain && (tls->client || is_set(tls->ocsp) || tls->ocsp_aia) &&
	    !verify_refuses(c->cert.verdict) && SSL_get0_peer_certificate(c->tls.ssl) != NULL &&
	    SSL_get0_verified_chain(c->tls.ssl) != NULL;
}

enum step
conn_ocsp_run(struct conn *c)
{
	if (c->judge != NULL)
		return STEP_WAIT;
	if (conn_conf(c)->tls.redirects && (!tlsctx_authentic(c->tls.ssl) || verify_refuses(c->cert.verdict)))
		return redirect(c);
	return is_to_be_asked_about(c) ? judge_begin(c) : conn_advance(c);
}
