/* What is left to say of a connection: one line, or one object with all that was learned of it. */
#include "tunnel/conn/conn_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <syslog.h>

#include "lib/log.h"
#include "lib/sock.h"

enum { VALUE_SIZE = 600 };

static void
member(struct buf *out, const char *name, const char *value)
{
	char escaped[VALUE_SIZE];

	if (value != NULL && value[0] != '\0')
		buf_printf(out, ", \"%s\": \"%s\"", name, log_json(value, escaped, sizeof escaped));
}

static void
certificate(struct buf *out, const X509 *cert)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	char subject[512], hex[2 * EVP_MAX_MD_SIZE + 1];
	unsigned n = 0;

	peercert_name(X509_get_subject_name(cert), subject, sizeof subject);
	member(out, "subject", subject);
	if (!X509_digest(cert, EVP_sha256(), md, &n))
		return;
	for (unsigned i = 0; i < n; i++)
		snprintf(hex + 2 * i, 3, "%02x", md[i]);
	member(out, "fingerprint", hex);
}

static void
tls_members(struct buf *out, const SSL *ssl)
{
	const X509 *cert = SSL_get0_peer_certificate(ssl);

	member(out, "sni", SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name));
	if (!SSL_is_init_finished(ssl))
		return;
	member(out, "version", SSL_get_version(ssl));
	member(out, "cipher", SSL_get_cipher_name(ssl));
	if (cert != NULL)
		certificate(out, cert);
}

void
conn_summary(struct conn *c, const char *how)
{
	struct buf members = BUF_INIT;
	char text[200];
	int level = conn_conf(c)->plain.debug;

	if (level < LOG_NOTICE)
		return;
	snprintf(text, sizeof text, "Connection %s: %" PRIu64 " byte(s) sent to TLS, %" PRIu64 " byte(s) sent to socket", how,
	    c->duplex.to_tls.moved, c->duplex.to_plain.moved);
	if (!c->env->services->conf->log_json) {
		log_members(level, LOG_NOTICE, c->id, "", text);
		return;
	}
	member(&members, "service", conn_conf(c)->name);
	member(&members, "peer", c->peer);
	member(&members, "closed", how);
	buf_printf(&members, ", \"to_tls\": %" PRIu64 ", \"to_plain\": %" PRIu64, c->duplex.to_tls.moved,
	    c->duplex.to_plain.moved);
	if (c->tls.ssl != NULL)
		tls_members(&members, c->tls.ssl);
	log_members(level, LOG_NOTICE, c->id, members.err == 0 ? buf_cstr(&members) : "", text);
	buf_done(&members);
}
