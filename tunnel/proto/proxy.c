#include "tunnel/proto/proxy.h"

#include <netinet/in.h>
#include <string.h>

enum {
	V2_PROXY = 0x21, V2_UNSPEC = 0x00, V2_TCP4 = 0x11, V2_TCP6 = 0x21,
	TLV_SSL = 0x20, TLV_VERSION = 0x21, TLV_CN = 0x22, TLV_CIPHER = 0x23,
	CLIENT_SSL = 1, CLIENT_CERT_SESSION = 4,
	TEXT_MAX = 256,
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
put_text(struct buf *out, uint8_t type, const char *text)
{
	size_t n = strnlen(text, TEXT_MAX);

	if (n == 0)
		return;
	buf_u8(out, type);
	put_be16(out, n);
	buf_put(out, text, n);
}

static void
put_tls(struct buf *out, const struct proxy_tls *tls)
{
	struct buf inner = BUF_INIT;

	buf_u8(&inner, (uint8_t)(CLIENT_SSL | (tls->has_cert ? CLIENT_CERT_SESSION : 0)));
	put_be16(&inner, 0);
	put_be16(&inner, tls->has_cert && tls->verified ? 0 : 1);
	put_text(&inner, TLV_VERSION, tls->version);
	put_text(&inner, TLV_CN, tls->common_name);
	put_text(&inner, TLV_CIPHER, tls->cipher);
	buf_u8(out, TLV_SSL);
	put_be16(out, buf_len(&inner));
	buf_put(out, buf_head(&inner), buf_len(&inner));
	if (inner.err != 0)
		out->err = inner.err;
	buf_done(&inner);
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
