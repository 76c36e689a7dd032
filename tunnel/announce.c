#include "tunnel/connphase.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>

#include "lib/sock.h"
#include "tunnel/proxy.h"

static void
put_proxy(struct conn *c, struct buf *out)
{
	char name[256] = "";
	const X509 *cert = SSL_get0_peer_certificate(c->tls.ssl);
	struct proxy_tls tls = { .has_cert = cert != NULL, .verified = SSL_get_verify_result(c->tls.ssl) == X509_V_OK,
	    .version = SSL_get_version(c->tls.ssl), .cipher = SSL_get_cipher_name(c->tls.ssl), .common_name = name };
	struct addr from = { .ss.ss_family = AF_UNSPEC }, to = from;

	if (c->local.rfd >= 0 && sock_peer(c->local.rfd, &from) == 0)
		sock_local(c->local.rfd, &to);
	if (cert != NULL)
		X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, name, sizeof name);
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
conn_announce_run(struct conn *c)
{
	int r;

	if (conn_conf(c)->protocol != PROTOCOL_PROXY)
		return conn_negotiate_run(c);
	if (!c->redirected && (r = send_proxy(c)) != 0) {
		conn_say(c, LOG_ERR, "PROXY header: %s (%d)", strerror(-r), -r);
		return conn_reset(c);
	}
	return conn_advance(c);
}
