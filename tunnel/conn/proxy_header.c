#include "tunnel/conn/conn_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>

#include "lib/sock.h"
#include "tunnel/proto/proxy.h"
#include "tunnel/tls/tlsctx.h"

/* Whole, or not at all: a zero byte would end it early for who reads it as a text. */
static void
common_name(const X509 *cert, char *dst, size_t size)
{
	const X509_NAME *subject = X509_get_subject_name(cert);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1), n;
	unsigned char *text = NULL;

	if (at < 0 || (n = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)))) < 0)
		return;
	if ((size_t)n < size && memchr(text, '\0', (size_t)n) == NULL)
		snprintf(dst, size, "%.*s", n, (const char *)text);
	OPENSSL_free(text);
}

/* Good is a certificate only where somebody asked what it is good for. */
static int
is_verified(const struct conn *c)
{
	const struct verify_mode *m = &conn_conf(c)->tls.plain.verify;

	return (m->chain || m->peer) && tlsctx_authentic(c->tls.ssl) && !verify_refuses(c->cert.verdict);
}

static void
put_proxy(struct conn *c, struct buf *out)
{
	char name[256] = "";
	const X509 *cert = SSL_get0_peer_certificate(c->tls.ssl);
	struct proxy_tls tls = { .has_cert = cert != NULL, .verified = is_verified(c),
	    .version = SSL_get_version(c->tls.ssl), .cipher = SSL_get_cipher_name(c->tls.ssl), .common_name = name };
	struct addr from = { .ss.ss_family = AF_UNSPEC }, to = from;

	if (c->local.rfd >= 0 && sock_peer(c->local.rfd, &from) == 0)
		sock_local(c->local.rfd, &to);
	if (cert != NULL)
		common_name(cert, name, sizeof name);
	if (conn_conf(c)->proxy_version == 1)
		proxy_v1_put(out, &from, &to);
	else
		proxy_v2_put(out, &from, &to, conn_conf(c)->proxy_tlv ? &tls : NULL);
}

/* In one piece: nothing was sent there yet, and no socket's buffer is smaller. */
static int
send_proxy(struct conn *c)
{
	struct buf header = BUF_INIT;
	ssize_t n;
	int r;

	put_proxy(c, &header);
	n = header.err != 0 ? -1 : send(c->remote.wfd, buf_head(&header), buf_len(&header), MSG_NOSIGNAL);
	r = header.err != 0 ? header.err : n < 0 ? -errno : (size_t)n != buf_len(&header) ? -EIO : 0;
	buf_done(&header);
	return r;
}

enum step
conn_proxy_header_run(struct conn *c)
{
	int r;

	if (conn_conf(c)->protocol != PROTOCOL_PROXY)
		return conn_starttls_run(c);
	if (!c->redirected && (r = send_proxy(c)) != 0) {
		conn_log(c, LOG_ERR, "PROXY header: %s (%d)", strerror(-r), -r);
		return conn_reset(c);
	}
	return conn_advance(c);
}
