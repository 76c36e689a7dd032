#include "client-wrap/blame.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "client-wrap/status.h"
#include "client-wrap/told.h"
#include "lib/err.h"
#include "lib/is_set.h"
#include "lib/log.h"

/* The peer's alerts that mean "your certificate", whatever they call it. */
static int
is_about_our_certificate(int reason)
{
	static const int reasons[] = {
		SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, SSL_R_SSLV3_ALERT_BAD_CERTIFICATE,
		SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE, SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED,
		SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED, SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN, SSL_R_TLSV1_ALERT_UNKNOWN_CA,
		SSL_R_TLSV1_ALERT_ACCESS_DENIED, SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE,
	};

	for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
		if (reasons[i] == reason)
			return 1;
	return 0;
}

/* A handshake failure is about our certificate only where the server had asked for one. */
int
blame_peer(const struct link *l)
{
	int asked = l->tls.reason != SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE || SSL_get0_peer_CA_list(l->tls.ssl) != NULL;
	const char *reason = ERR_reason_error_string(ERR_PACK(ERR_LIB_SSL, 0, l->tls.reason));

	if (is_about_our_certificate(l->tls.reason) && asked) {
		if (is_set(l->set.tls.cert))
			log_error("%s does not accept our certificate %s (%s); ask its administrator which CA it takes", l->set.host,
			    l->set.tls.cert, reason);
		else
			log_error("%s wants a client certificate: set RSYNC_SSL_CERT and RSYNC_SSL_KEY, or give --tls-cert=FILE and "
			    "--tls-key=FILE (%s)", l->set.host, reason);
		return WRAP_CLIENT_CERT;
	}
	log_error("%s gave up: %s", l->set.host, l->tls.why);
	return WRAP_TLS;
}

static int
blame_time(const struct link *l)
{
	char from[TOLD_TIME_SIZE], until[TOLD_TIME_SIZE];

	log_error("the certificate of %s: %s: it is good from %s to %s; have it renewed there, or set the clock right here", l->set.host,
	    X509_verify_cert_error_string(l->cert.error), told_time(X509_get0_notBefore(l->shown), from),
	    told_time(X509_get0_notAfter(l->shown), until));
	return WRAP_EXPIRED;
}

static int
blame_name(const struct link *l)
{
	char names[TOLD_NAMES_SIZE];

	log_error("the certificate presented by %s is for another host: it names %s, not %s; connect by one of its names, or give "
	    "--tls-name=NAME", l->set.host, told_names(l->shown, names, sizeof names), l->set.name);
	return WRAP_WRONG_HOST;
}

int
blame_certificate(const struct link *l)
{
	char names[TOLD_NAMES_SIZE], pin[TOLD_PIN_SIZE], issuer[256] = "";
	const char *host = l->set.host, *error = X509_verify_cert_error_string(l->cert.error);

	if (l->shown == NULL) {
		log_error("the certificate of %s is not trusted: %s", host, error);
		return WRAP_UNKNOWN_CA;
	}
	if (l->cert.verdict == VERIFY_BAD_SUBJECT)
		return blame_name(l);
	if (l->cert.error == X509_V_ERR_CERT_HAS_EXPIRED || l->cert.error == X509_V_ERR_CERT_NOT_YET_VALID)
		return blame_time(l);
	peercert_name(X509_get_issuer_name(l->shown), issuer, sizeof issuer);
	if (l->cert.error == X509_V_ERR_CERT_REVOKED) {
		log_error("the certificate of %s is revoked, says the list of %s; its names are %s", host, issuer,
		    told_names(l->shown, names, sizeof names));
		return WRAP_REVOKED;
	}
	log_error("the certificate of %s is not trusted: %s; it is for %s, of %s, key %s; give its CA with --tls-ca=FILE, or, if the "
	    "server's administrator confirms that key, --tls-pin=KEY", host, error, told_names(l->shown, names, sizeof names), issuer,
	    told_pin(l->shown, pin));
	return WRAP_UNKNOWN_CA;
}

int
blame_pin(const struct link *l)
{
	char seen[TOLD_PIN_SIZE], wanted[TOLD_PIN_SIZE], names[TOLD_NAMES_SIZE];

	log_error("the key of %s is not the one pinned: it is %s (for %s), not %s; ask its administrator whether it was changed",
	    l->set.host, told_pin(l->shown, seen), l->shown == NULL ? "nobody" : told_names(l->shown, names, sizeof names),
	    told_digest(l->set.pin, wanted));
	return WRAP_WRONG_PIN;
}

int
blame_staple(const struct link *l)
{
	char names[TOLD_NAMES_SIZE];

	log_error("the certificate of %s is revoked, says the OCSP answer that comes with it; its names are %s", l->set.host,
	    told_names(l->shown, names, sizeof names));
	return WRAP_REVOKED;
}

int
blame_handshake(const struct link *l, int r)
{
	const char *host = l->set.host, *port = l->set.port;

	if (r == E_VERIFY)
		return blame_certificate(l);
	if (r == E_PEER)
		return blame_peer(l);
	if (r == E_TIMEOUT) {
		log_error("%s port %s did not finish the TLS handshake in %u seconds", host, port, l->set.seconds);
		return WRAP_TIMEOUT;
	}
	if (r == E_TLS)
		log_error("%s port %s: no TLS: %s%s", host, port, l->tls.why, l->tls.reason == SSL_R_WRONG_VERSION_NUMBER ?
		    "; a daemon without TLS is reached by rsync itself" : "");
	else if (r != -ECANCELED)
		log_error("%s port %s: the connection ended during the TLS handshake: %s", host, port, err_text(r));
	return WRAP_TLS;
}
