#include "tunnel/tls/verify.h"

#include <openssl/x509_vfy.h>

void
verify_set_level(struct verify_mode *m, int level)
{
	static const struct verify_mode levels[] = {
		{ 1, 0, 0, 0 }, { 1, 0, 1, 0 }, { 1, 1, 1, 0 }, { 1, 1, 1, 1 }, { 1, 1, 0, 1 },
	};

	*m = levels[level];
}

void
verify_set_chain(struct verify_mode *m, int on)
{
	m->chain = on;
	if (on)
		m->request = m->require = 1;
}

void
verify_set_peer(struct verify_mode *m, int on)
{
	m->peer = on;
	if (on)
		m->request = m->require = 1;
}

void
verify_set_require(struct verify_mode *m, int on)
{
	m->require = on;
	if (on)
		m->request = 1;
}

/* Without "chain" nobody asked where the certificate comes from: errors above it, and the three
 * ways of missing its issuer, say nothing about it.  All others do: expired, revoked, wrong
 * purpose, unknown self-signed. */
static int
forgivable(const struct cert_facts *f)
{
	return f->depth > 0 || f->error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT ||
	    f->error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
	    f->error == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE;
}

enum verify_verdict
verify_cert(const struct verify_mode *m, const struct cert_facts *f)
{
	if (!m->chain && !m->peer)
		return VERIFY_OFF;
	if (f->error != X509_V_OK && (m->chain || !forgivable(f)))
		return VERIFY_BAD_CHAIN;
	if (f->depth == 0 && f->subject_checks && !f->subject_matches)
		return VERIFY_BAD_SUBJECT;
	if (f->depth == 0 && m->peer && !f->in_store)
		return VERIFY_NOT_LOCAL;
	return f->error != X509_V_OK ? VERIFY_IGNORED : VERIFY_OK;
}
