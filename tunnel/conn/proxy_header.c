#include "tunnel/conn/conn_internal.h"

#include <errno.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>

#include "lib/sock.h"
#include "lib/utf8.h"
#include "tunnel/proto/proxy.h"
#include "tunnel/tls/cert_names.h"
#include "tunnel/tls/tlsctx.h"

/* Good is a certificate only where somebody asked what it is good for. */
static int
is_verified(const struct conn *c)
{
	const struct verify_mode *m = &conn_conf(c)->tls.plain.verify;

	return (m->chain || m->peer) && tlsctx_authentic(c->tls.ssl) && !verify_refuses(c->cert.verdict);
}

/* What the header says, and the room for it. */
struct facts {
	struct proxy_tls tls;
	struct cert_names names;
	uint8_t id[PROXY_ID_SIZE];
	char alpn[UINT8_MAX + 1], key_alg[64];
};

static void
say_left_out(struct conn *c, const struct cert_names *names)
{
	if (names->name_left_out)
		conn_log(c, LOG_WARNING, "PROXY header: the certificate's common name is not told: there are two, or it is too long or no plain text");
	if (names->left_out > 0)
		conn_log(c, LOG_WARNING, "PROXY header: %u of the certificate's alternative names are not told: too long, too many or no plain text",
		    names->left_out);
}

/* One that was only compared with a copy, by subject and key, may say in all else what its holder likes. */
static void
take_peer(struct conn *c, struct facts *f)
{
	const X509 *cert = SSL_get0_peer_certificate(c->tls.ssl);

	f->tls.has_cert = cert != NULL;
	f->tls.shown_now = cert != NULL && !SSL_session_reused(c->tls.ssl);
	f->tls.verified = is_verified(c);
	if (!f->tls.verified)
		return;
	cert_names_get(cert, conn_conf(c)->tls.plain.verify.chain, &f->names);
	say_left_out(c, &f->names);
	f->tls.common_name = f->names.common_name;
	f->tls.serial = f->names.serial;
	f->tls.issuer = f->names.issuer;
	f->tls.key = f->names.has_key ? f->names.key : NULL;
	f->tls.names = f->names.names;
	f->tls.n_names = f->names.n_names;
}

/* Our own certificate's algorithms, in HAProxy's words. */
static void
take_own(struct conn *c, struct facts *f)
{
	const X509 *cert = SSL_get_certificate(c->tls.ssl);
	EVP_PKEY *key = cert == NULL ? NULL : X509_get0_pubkey(cert);
	const char *alg = cert == NULL ? NULL : OBJ_nid2sn(X509_get_signature_nid(cert));

	if (alg != NULL)
		f->tls.sig_alg = alg;
	if (key == NULL)
		return;
	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA || EVP_PKEY_get_base_id(key) == EVP_PKEY_EC)
		snprintf(f->key_alg, sizeof f->key_alg, "%s%d", EVP_PKEY_get0_type_name(key), EVP_PKEY_get_bits(key));
	else
		snprintf(f->key_alg, sizeof f->key_alg, "%s", EVP_PKEY_get0_type_name(key));
}

static void
take_id(struct conn *c, struct facts *f)
{
	char text[2 * PROXY_ID_SIZE + 1];

	if (RAND_bytes(f->id, sizeof f->id) != 1)
		return;
	for (size_t i = 0; i < sizeof f->id; i++)
		snprintf(text + 2 * i, 3, "%02x", f->id[i]);
	conn_log(c, LOG_INFO, "PROXY header: id %s", text);
	f->tls.id = f->id;
}

static void
take_facts(struct conn *c, struct facts *f)
{
	const char *name = SSL_get_servername(c->tls.ssl, TLSEXT_NAMETYPE_host_name);
	const unsigned char *alpn;
	unsigned n;

	*f = (struct facts){ .tls = { .version = SSL_get_version(c->tls.ssl), .cipher = SSL_get_cipher_name(c->tls.ssl), .sig_alg = "",
	    .key_alg = f->key_alg, .authority = "", .alpn = f->alpn, .common_name = "", .serial = "", .issuer = "", .names = "" } };
	if (name != NULL && utf8_is_text((const unsigned char *)name, strlen(name)))
		f->tls.authority = name;
	SSL_get0_alpn_selected(c->tls.ssl, &alpn, &n);
	if (n <= UINT8_MAX && utf8_is_text(alpn, n))
		snprintf(f->alpn, sizeof f->alpn, "%.*s", (int)n, n == 0 ? "" : (const char *)alpn);
	take_peer(c, f);
	take_own(c, f);
	take_id(c, f);
}

static void
put_proxy(struct conn *c, struct buf *out)
{
	struct addr from = { .ss.ss_family = AF_UNSPEC }, to = from;
	struct facts facts;

	if (c->local.rfd >= 0 && sock_peer(c->local.rfd, &from) == 0)
		sock_local(c->local.rfd, &to);
	if (conn_conf(c)->proxy_version == 1) {
		proxy_v1_put(out, &from, &to);
	} else if (!conn_conf(c)->proxy_tlv) {
		proxy_v2_put(out, &from, &to, NULL);
	} else {
		take_facts(c, &facts);
		proxy_v2_put(out, &from, &to, &facts.tls);
	}
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
