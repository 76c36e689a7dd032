#include "tunnel/tls/peercert.h"

#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "tunnel/tls/tlsstate.h"

enum { NAME_SIZE = 512 };

int
peercert_attach(SSL *ssl, struct peercert *pc)
{
	return SSL_set_app_data(ssl, pc);
}

static void
say(const struct peercert *pc, int level, const char *what, const char *detail)
{
	char text[NAME_SIZE + 128];

	if (pc->say == NULL)
		return;
	snprintf(text, sizeof text, "%s%s", what, detail);
	pc->say(pc->arg, level, text);
}

void
peercert_say(SSL *ssl, int level, const char *text)
{
	const struct peercert *pc = SSL_get_app_data(ssl);

	if (pc != NULL)
		say(pc, level, text, "");
}

/* RFC 6066: a list of one name, of type host_name.  What is not exactly that is no name. */
static int
server_name(SSL *ssl, char *dst, size_t size)
{
	const unsigned char *at;
	size_t left, n;

	if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &at, &left) != 1 || left < 5)
		return 0;
	n = (size_t)at[3] << 8 | at[4];
	if (((size_t)at[0] << 8 | at[1]) != left - 2 || at[2] != TLSEXT_NAMETYPE_host_name || n != left - 5 || n == 0 ||
	    n >= size || memchr(at + 5, '\0', n) != NULL)
		return 0;
	memcpy(dst, at + 5, n);
	dst[n] = '\0';
	return 1;
}

int
peercert_hello(SSL *ssl, int *alert, void *arg)
{
	const struct peercert *pc = SSL_get_app_data(ssl);
	char name[TLSEXT_MAXLEN_host_name + 1];

	(void)alert;
	(void)arg;
	if (pc == NULL || pc->named == NULL || pc->named(pc->arg, ssl, server_name(ssl, name, sizeof name) ? name : NULL))
		return SSL_CLIENT_HELLO_SUCCESS;
	return SSL_CLIENT_HELLO_RETRY;	/* which leaves it where it is, without an alert */
}

void
peercert_name(const X509_NAME *name, char *dst, size_t size)
{
	BIO *mem = BIO_new(BIO_s_mem());
	int n = 0;

	if (mem != NULL && name != NULL) {
		X509_NAME_print_ex(mem, name, 0,
		    XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB & ~XN_FLAG_SPC_EQ);
		n = BIO_read(mem, dst, (int)size - 1);
	}
	dst[n > 0 ? n : 0] = '\0';
	BIO_free(mem);
}

void
peercert_names(const SSL *ssl, char *subject, char *issuer, size_t size)
{
	const X509 *cert = SSL_get0_peer_certificate(ssl);

	peercert_name(cert == NULL ? NULL : X509_get_subject_name(cert), subject, size);
	peercert_name(cert == NULL ? NULL : X509_get_issuer_name(cert), issuer, size);
}

static void
say_match(const struct peercert *pc, const char *what, const char *value)
{
	char text[NAME_SIZE];

	snprintf(text, sizeof text, "%s \"%.200s\" matched", what, value);
	say(pc, LOG_INFO, "CERT: ", text);
}

static int
host_matches(const struct peercert *pc, X509 *cert, const struct opt_list *hosts)
{
	char *matched = NULL, text[NAME_SIZE];

	for (size_t i = 0; i < hosts->n; i++)
		if (X509_check_ip_asc(cert, hosts->v[i], 0) == 1) {	/* rsync-ssl writes addresses there */
			say_match(pc, "IP address", hosts->v[i]);
			return 1;
		} else if (X509_check_host(cert, hosts->v[i], 0, 0, &matched) == 1) {
			snprintf(text, sizeof text, "\"%.200s\" matched with \"%.200s\"", hosts->v[i], matched);
			OPENSSL_free(matched);
			say(pc, LOG_INFO, "CERT: Host name ", text);
			return 1;
		}
	return 0;
}

static int
subject_matches(const struct peercert *pc, X509 *cert, const struct tls_conf *conf)
{
	if (host_matches(pc, cert, &conf->hosts))
		return 1;
	for (size_t i = 0; i < conf->emails.n; i++)
		if (X509_check_email(cert, conf->emails.v[i], 0, 0) == 1) {
			say_match(pc, "Email address", conf->emails.v[i]);
			return 1;
		}
	for (size_t i = 0; i < conf->ips.n; i++)
		if (X509_check_ip_asc(cert, conf->ips.v[i], 0) == 1) {
			say_match(pc, "IP address", conf->ips.v[i]);
			return 1;
		}
	return 0;
}

static int
in_store(X509_STORE_CTX *x, X509 *cert)
{
	STACK_OF(X509) *same = X509_STORE_CTX_get1_certs(x, X509_get_subject_name(cert));
	EVP_PKEY *key = X509_get0_pubkey(cert);
	int found = 0;

	for (int i = 0; i < sk_X509_num(same) && !found; i++)
		found = key != NULL && EVP_PKEY_eq(key, X509_get0_pubkey(sk_X509_value(same, i))) == 1;
	sk_X509_pop_free(same, X509_free);
	return found;
}

static void
tell(const struct peercert *pc, const struct cert_facts *f, enum verify_verdict v, const char *name)
{
	const char *reason = X509_verify_cert_error_string(f->error);
	int self = f->error == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT ||
	    f->error == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN;
	char at[NAME_SIZE + 32];

	if (v == VERIFY_OFF) {		/* which is no acceptance */
		say(pc, LOG_INFO, "CERT: Certificate verification disabled", "");
		return;
	}
	if (v == VERIFY_BAD_CHAIN)
		say(pc, LOG_WARNING, self ? "CERT: Pre-verification error: certificate not found in local repository: " :
		    "CERT: Pre-verification error: ", reason);
	else if (f->error != X509_V_OK)
		say(pc, LOG_INFO, "CERT: Pre-verification error ignored: ", reason);
	if (v == VERIFY_BAD_SUBJECT)
		say(pc, LOG_WARNING, "CERT: Subject checks failed", "");
	else if (v != VERIFY_BAD_CHAIN && f->depth == 0 && !f->subject_checks)
		say(pc, LOG_INFO, "CERT: No subject checks configured", "");
	if (v == VERIFY_NOT_LOCAL)
		say(pc, LOG_WARNING, "CERT: Certificate not found in local repository", "");
	if (f->in_store && !verify_refuses(v))
		say(pc, LOG_INFO, "CERT: Locally installed certificate matched", "");
	snprintf(at, sizeof at, "%d: %s", f->depth, name);
	if (verify_refuses(v))
		say(pc, LOG_WARNING, "Rejected by CERT at depth=", at);
	else
		say(pc, f->depth == 0 ? LOG_NOTICE : LOG_INFO, "Certificate accepted at depth=", at);
}

static int
x509_code(const struct cert_facts *f, enum verify_verdict v)
{
	return v == VERIFY_BAD_SUBJECT ? X509_V_ERR_APPLICATION_VERIFICATION :
	    v == VERIFY_NOT_LOCAL ? X509_V_ERR_CERT_UNTRUSTED : f->error;
}

int
peercert_callback(int ok, X509_STORE_CTX *x)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(x, SSL_get_ex_data_X509_STORE_CTX_idx());
	const struct tls_conf *conf = tls_state_of_ssl(ssl)->conf;
	struct peercert *pc = SSL_get_app_data(ssl);
	X509 *cert = X509_STORE_CTX_get_current_cert(x);
	struct cert_facts f = { .depth = X509_STORE_CTX_get_error_depth(x),
	    .error = ok ? X509_V_OK : X509_STORE_CTX_get_error(x),
	    .subject_checks = conf->hosts.n + conf->emails.n + conf->ips.n > 0 };
	enum verify_verdict v;
	char name[NAME_SIZE];

	if (pc == NULL)
		return 0;
	if (f.depth == 0 && cert != NULL && (conf->plain.verify.chain || conf->plain.verify.peer)) {
		f.subject_matches = f.subject_checks && (ok || !conf->plain.verify.chain) && subject_matches(pc, cert, conf);
		f.in_store = conf->plain.verify.peer && in_store(x, cert);
	}
	v = verify_cert(&conf->plain.verify, &f);
	peercert_name(cert == NULL ? NULL : X509_get_subject_name(cert), name, sizeof name);
	tell(pc, &f, v, name);
	if (verify_refuses(v)) {
		pc->verdict = v;
		pc->error = f.error;
		X509_STORE_CTX_set_error(x, x509_code(&f, v));
		return conf->redirects;		/* the error stays, also in the session */
	}
	if (!verify_refuses(pc->verdict))
		X509_STORE_CTX_set_error(x, X509_V_OK);
	return 1;
}
