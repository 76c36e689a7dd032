#include "tunnel/tls/judge.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <syslog.h>

#include "tunnel/tls/peercert.h"
#include "tunnel/tls/tlsstate.h"

struct words {
	char *dst;
	size_t size;
};

/* The first complaint is the reason; what follows names the certificate. */
static void
hear(void *arg, int level, const char *text)
{
	struct words *w = arg;

	if (level <= LOG_WARNING && w->dst[0] == '\0')
		snprintf(w->dst, w->size, "%s", text);
}

/* As the library's ssl_verify_cert_chain() asks, with what SSL_set_verify() and the store's flags have set. */
static int
verify(SSL *ssl, X509_STORE_CTX *x, X509 *cert, STACK_OF(X509) *sent)
{
	X509_VERIFY_PARAM *param;

	if (X509_STORE_CTX_init(x, SSL_CTX_get_cert_store(SSL_get_SSL_CTX(ssl)), cert, sent) != 1)
		return 0;
	param = X509_STORE_CTX_get0_param(x);
	X509_VERIFY_PARAM_set_auth_level(param, SSL_get_security_level(ssl));
	if (X509_STORE_CTX_set_ex_data(x, SSL_get_ex_data_X509_STORE_CTX_idx(), ssl) != 1 || X509_STORE_CTX_set_default(x, "ssl_client") != 1 ||
	    X509_VERIFY_PARAM_set1(param, SSL_get0_param(ssl)) != 1)
		return 0;
	X509_STORE_CTX_set_verify_cb(x, peercert_callback);
	return X509_verify_cert(x) == 1;
}

int
judge_client(SSL_CTX *ctx, X509 *cert, STACK_OF(X509) *sent, char *why, size_t size)
{
	const struct verify_mode *m = &tls_state_of(ctx)->conf->plain.verify;
	struct words words = { why, size };
	struct peercert pc = { .say = hear, .arg = &words };
	SSL *ssl;
	X509_STORE_CTX *x;
	int r = -ENOMEM;

	why[0] = '\0';
	if (!m->request)
		return JUDGED_UNASKED;
	if (cert == NULL) {
		snprintf(why, size, m->require ? "a certificate is required" : "a certificate is asked for, and need not be shown");
		return m->require ? JUDGED_OUT : JUDGED_IN;
	}
	ssl = SSL_new(ctx);
	x = X509_STORE_CTX_new();
	if (ssl != NULL && x != NULL && peercert_attach(ssl, &pc) == 1)
		r = verify(ssl, x, cert, sent) && !verify_refuses(pc.verdict) ? JUDGED_IN : JUDGED_OUT;
	if (r == JUDGED_OUT && why[0] == '\0' && x != NULL)
		snprintf(why, size, "%s", X509_verify_cert_error_string(X509_STORE_CTX_get_error(x)));
	X509_STORE_CTX_free(x);
	SSL_free(ssl);
	ERR_clear_error();
	return r;
}
