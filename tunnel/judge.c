/* TLS is there: what becomes of a peer with this certificate. */
#include "tunnel/connphase.h"

#include <syslog.h>

static int
is_let_in(struct conn *c)
{
	return tlsctx_authentic(c->tls.ssl) && !verify_refuses(c->cert.verdict);
}

enum step
conn_judge_run(struct conn *c)
{
	if (conn_conf(c)->tls.redirects && !is_let_in(c)) {
		conn_say(c, LOG_NOTICE, "Redirecting connection");
		c->redirected = 1;
	}
	return conn_advance(c);
}
