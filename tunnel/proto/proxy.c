#include "tunnel/proto/proxy.h"

#include <netinet/in.h>
#include <string.h>

enum {
	V2_PROXY = 0x21, V2_UNSPEC = 0x00, V2_TCP4 = 0x11, V2_TCP6 = 0x21,
	TLV_ALPN = 0x01, TLV_AUTHORITY = 0x02, TLV_UNIQUE_ID = 0x05, TLV_SSL = 0x20,
	TLV_SSL_VERSION = 0x21, TLV_SSL_CN = 0x22, TLV_SSL_CIPHER = 0x23, TLV_SSL_SIG_ALG = 0x24, TLV_SSL_KEY_ALG = 0x25,
	TLV_KEY = 0xe1, TLV_NAME = 0xe2, TLV_SERIAL = 0xe3, TLV_ISSUER = 0xe4,	/* ours: the protocol leaves 0xe0 to 0xef to everybody */
	CLIENT_SSL = 1, CLIENT_CERT_CONN = 2, CLIENT_CERT_SESS = 4,
};

static int
is_known(const struct addr *from, const struct addr *to)
{
	int family = from->ss.ss_family;

	return family == to->ss.ss_family && (family == AF_INET || family == AF_INET6);
}

void
proxy_v1_put(struct buf *out, const struct addr *from, const struct addr *to)
{
	char source[ADDR_TEXT_SIZE], target[ADDR_TEXT_SIZE];

	if (!is_known(from, to)) {
		buf_text(out, "PROXY UNKNOWN\r\n");
		return;
	}
	buf_printf(out, "PROXY TCP%d %s %s %u %u\r\n", from->ss.ss_family == AF_INET ? 4 : 6,
	    addr_host(from, source, sizeof source), addr_host(to, target, sizeof target), (unsigned)addr_port(from),
	    (unsigned)addr_port(to));
}

static void
put_be16(struct buf *out, size_t v)
{
	buf_u8(out, (uint8_t)(v >> 8));
	buf_u8(out, (uint8_t)v);
}

static void
put_ip(struct buf *out, const struct addr *a)
{
	if (a->ss.ss_family == AF_INET)
		buf_put(out, &((const struct sockaddr_in *)&a->ss)->sin_addr, 4);
	else
		buf_put(out, &((const struct sockaddr_in6 *)&a->ss)->sin6_addr, 16);
}

static void
put_tlv(struct buf *out, uint8_t type, const void *bytes, size_t n)
{
	buf_u8(out, type);
	put_be16(out, n);
	buf_put(out, bytes, n);
}

static void
put_text(struct buf *out, uint8_t type, const char *text)
{
	if (text[0] != '\0')
		put_tlv(out, type, text, strlen(text));
}

static void
put_ssl(struct buf *out, const struct proxy_tls *tls, int good)
{
	unsigned bits = CLIENT_SSL | (tls->has_cert ? CLIENT_CERT_SESS : 0) | (tls->has_cert && tls->shown_now ? CLIENT_CERT_CONN : 0);
	struct buf inner = BUF_INIT;

	buf_u8(&inner, (uint8_t)bits);
	put_be16(&inner, 0);
	put_be16(&inner, good ? 0 : 1);
	put_text(&inner, TLV_SSL_VERSION, tls->version);
	if (good)
		put_text(&inner, TLV_SSL_CN, tls->common_name);
	put_text(&inner, TLV_SSL_CIPHER, tls->cipher);
	put_text(&inner, TLV_SSL_SIG_ALG, tls->sig_alg);
	put_text(&inner, TLV_SSL_KEY_ALG, tls->key_alg);
	put_tlv(out, TLV_SSL, buf_head(&inner), buf_len(&inner));
	if (inner.err != 0)
		out->err = inner.err;
	buf_done(&inner);
}

/* The certificate itself, which was found good. */
static void
put_identity(struct buf *out, const struct proxy_tls *tls)
{
	const char *name = tls->names;

	if (tls->key != NULL)
		put_tlv(out, TLV_KEY, tls->key, PROXY_KEY_SIZE);
	for (unsigned i = 0; i < tls->n_names; i++, name += strlen(name) + 1)
		put_text(out, TLV_NAME, name);
	put_text(out, TLV_SERIAL, tls->serial);
	put_text(out, TLV_ISSUER, tls->issuer);
}

static void
put_tls(struct buf *out, const struct proxy_tls *tls)
{
	int good = tls->has_cert && tls->verified;

	put_text(out, TLV_ALPN, tls->alpn);
	put_text(out, TLV_AUTHORITY, tls->authority);
	if (tls->id != NULL)
		put_tlv(out, TLV_UNIQUE_ID, tls->id, PROXY_ID_SIZE);
	put_ssl(out, tls, good);
	if (good)
		put_identity(out, tls);
}

void
proxy_v2_put(struct buf *out, const struct addr *from, const struct addr *to, const struct proxy_tls *tls)
{
	static const char signature[] = "\r\n\r\n\0\r\nQUIT\n";
	struct buf body = BUF_INIT;
	int known = is_known(from, to);

	if (known) {
		put_ip(&body, from);
		put_ip(&body, to);
		put_be16(&body, addr_port(from));
		put_be16(&body, addr_port(to));
	}
	if (tls != NULL)
		put_tls(&body, tls);
	buf_put(out, signature, sizeof signature - 1);
	buf_u8(out, V2_PROXY);
	buf_u8(out, !known ? V2_UNSPEC : from->ss.ss_family == AF_INET ? V2_TCP4 : V2_TCP6);
	put_be16(out, buf_len(&body));
	buf_put(out, buf_head(&body), buf_len(&body));
	if (body.err != 0)
		out->err = body.err;
	buf_done(&body);
}
