/* Connections whose peer was let in, looked at again when there are new revocation lists. */
#include <syslog.h>

#include "tunnel/conn/conn_internal.h"
#include "tunnel/tls/crl_check.h"

int
conn_is_revoked(const struct conn *c)
{
	STACK_OF(X509_CRL) *lists = crl_share_find(c->env->revoked, conn_conf(c)->name);
	X509 *cert;

	if (lists == NULL || c->tls.ssl == NULL || !SSL_is_init_finished(c->tls.ssl) ||
	    (cert = SSL_get0_peer_certificate(c->tls.ssl)) == NULL)
		return 0;
	return crl_check(SSL_CTX_get_cert_store(c->sv->tls), lists, cert, SSL_get_peer_cert_chain(c->tls.ssl));
}

enum step
conn_revoke(struct conn *c)
{
	char subject[512], issuer[512];

	peercert_names(c->tls.ssl, subject, issuer, sizeof subject);
	conn_log(c, LOG_NOTICE, "CERT: Certificate revoked since it was accepted: %s: sending reset", subject);
	return conn_reset(c);
}

void
conn_recheck_all(struct conn_env *env, struct crl_share *fresh)
{
	struct conn *c, *next;

	crl_share_free(env->revoked);
	env->revoked = fresh;
	for (c = env->first; c != NULL; c = next) {
		next = c->next;
		if (c->phase != PH_LINGER && conn_is_revoked(c))
			while (conn_revoke(c) != STEP_GONE)	/* once more for one that would linger */
				;
	}
}
