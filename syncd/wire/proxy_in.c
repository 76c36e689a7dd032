#include "syncd/wire/proxy_in.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "lib/num.h"

enum {
	V2_HEAD = 16,
	V2_LOCAL = 0x20, V2_PROXY = 0x21, V2_TCP4 = 0x11, V2_TCP6 = 0x21,
	V2_TCP4_SIZE = 12, V2_TCP6_SIZE = 36,
	TLV_ALPN = 0x01, TLV_AUTHORITY = 0x02, TLV_UNIQUE_ID = 0x05, TLV_SSL = 0x20,
	TLV_SSL_VERSION = 0x21, TLV_SSL_CN = 0x22, TLV_SSL_CIPHER = 0x23,
	CLIENT_SSL = 1, CLIENT_CERT_CONN = 2, CLIENT_CERT_SESS = 4,
};

static const uint8_t signature[12] = { 0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 'Q', 'U', 'I', 'T', 0x0a };

static void
set_addr(struct addr *a, int family, const void *ip, uint16_t port)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	if (family == AF_INET) {
		memcpy(&v4.sin_addr, ip, sizeof v4.sin_addr);
		addr_from((const struct sockaddr *)&v4, sizeof v4, a);
	} else {
		memcpy(&v6.sin6_addr, ip, sizeof v6.sin6_addr);
		addr_from((const struct sockaddr *)&v6, sizeof v6, a);
	}
}

/* --- version 1: a line ------------------------------------------------------------------------- */

/* The next word of the line, cut off where it ends; NULL: there is none, or not by a single blank. */
static char *
word(char **at)
{
	char *w = *at, *end = w == NULL ? NULL : w + strcspn(w, " ");

	if (w == NULL || end == w)
		return NULL;
	*at = *end == '\0' ? NULL : end + 1;
	*end = '\0';
	return w;
}

static int
parse_line(char *line, struct proxy_in *ret)
{
	char *at = line, *words[6] = { NULL };
	uint8_t ip[16], to[16];
	int64_t port, to_port;
	int family;

	for (size_t i = 0; i < ARRAY_LEN(words) && at != NULL; i++)
		if ((words[i] = word(&at)) == NULL)
			return E_FORMAT;
	if (words[1] != NULL && strcmp(words[1], "UNKNOWN") == 0)	/* whatever else it says */
		return 0;
	if (words[5] == NULL || at != NULL)
		return E_FORMAT;
	family = strcmp(words[1], "TCP4") == 0 ? AF_INET : strcmp(words[1], "TCP6") == 0 ? AF_INET6 : AF_UNSPEC;
	if (family == AF_UNSPEC || inet_pton(family, words[2], ip) != 1 || inet_pton(family, words[3], to) != 1 ||
	    num_parse(words[4], 1, 65535, &port) != 0 || num_parse(words[5], 1, 65535, &to_port) != 0)
		return E_FORMAT;
	set_addr(&ret->from, family, ip, (uint16_t)port);
	ret->known = true;
	return 0;
}

static int
take_line(struct cursor *c, struct proxy_in *ret)
{
	size_t n = cur_left(c) < PROXY_V1_MAX ? cur_left(c) : PROXY_V1_MAX;
	const uint8_t *end = memchr(c->at, '\n', n);
	char line[PROXY_V1_MAX + 1];

	if (end == NULL)
		return n == PROXY_V1_MAX ? E_LIMIT : E_SHORT;
	n = (size_t)(end - c->at);
	if (n == 0 || end[-1] != '\r' || memchr(c->at, '\0', n) != NULL)
		return E_FORMAT;
	memcpy(line, c->at, n - 1);
	line[n - 1] = '\0';
	c->at = end + 1;
	if (strncmp(line, "PROXY UNKNOWN", 13) == 0 && (line[13] == '\0' || line[13] == ' '))
		return 0;
	return parse_line(line, ret);
}

/* --- version 2 --------------------------------------------------------------------------------- */

static uint16_t
be16(struct cursor *c)
{
	unsigned high = cur_u8(c);

	return (uint16_t)(high << 8 | cur_u8(c));
}

/* What does not fit, or holds what is no text, is left out. */
static void
set_text(char *dst, size_t size, const uint8_t *bytes, size_t n)
{
	dst[0] = '\0';
	if (n >= size)
		return;
	for (size_t i = 0; i < n; i++)
		if (bytes[i] < 0x20 || bytes[i] == 0x7f)
			return;
	memcpy(dst, bytes, n);
	dst[n] = '\0';
}

static void
set_hex(char *dst, size_t size, const uint8_t *bytes, size_t n)
{
	if (2 * n + 1 > size)
		return;
	for (size_t i = 0; i < n; i++)
		snprintf(dst + 2 * i, 3, "%02x", bytes[i]);
}

static int take_tlvs(struct cursor *c, struct proxy_in *ret, bool within_ssl);

/* PP2_TYPE_SSL: bits, a number that is 0 for a certificate found good, and TLVs of its own. */
static int
take_ssl(struct cursor c, struct proxy_in *ret)
{
	unsigned bits = cur_u8(&c), verify = 0;

	for (int i = 0; i < 4; i++)
		verify |= cur_u8(&c);
	if (c.err != 0)
		return E_FORMAT;
	ret->tls = (bits & CLIENT_SSL) != 0;
	ret->has_cert = ret->tls && (bits & (CLIENT_CERT_CONN | CLIENT_CERT_SESS)) != 0;
	ret->verified = ret->has_cert && verify == 0;
	return take_tlvs(&c, ret, true);
}

static int
take_tlvs(struct cursor *c, struct proxy_in *ret, bool within_ssl)
{
	while (cur_left(c) > 0) {
		unsigned type = cur_u8(c), n = be16(c);
		const uint8_t *v = cur_bytes(c, n);
		int r = 0;

		if (c->err != 0)
			return E_FORMAT;
		if (within_ssl && type == TLV_SSL_VERSION)
			set_text(ret->version, sizeof ret->version, v, n);
		else if (within_ssl && type == TLV_SSL_CIPHER)
			set_text(ret->cipher, sizeof ret->cipher, v, n);
		else if (within_ssl && type == TLV_SSL_CN)
			set_text(ret->common_name, sizeof ret->common_name, v, n);
		else if (!within_ssl && type == TLV_ALPN)
			set_text(ret->alpn, sizeof ret->alpn, v, n);
		else if (!within_ssl && type == TLV_AUTHORITY)
			set_text(ret->authority, sizeof ret->authority, v, n);
		else if (!within_ssl && type == TLV_UNIQUE_ID)
			set_hex(ret->unique_id, sizeof ret->unique_id, v, n);
		else if (!within_ssl && type == TLV_SSL)
			r = take_ssl(cur_of(v, n), ret);
		if (r != 0)
			return r;
	}
	return 0;
}

static int
take_payload(struct cursor *c, unsigned command, unsigned family, struct proxy_in *ret)
{
	size_t n = family == V2_TCP4 ? V2_TCP4_SIZE : family == V2_TCP6 ? V2_TCP6_SIZE : 0;
	const uint8_t *ends = cur_bytes(c, n);

	if (command == V2_LOCAL || n == 0)	/* a check of the proxy's own, or addresses that are none of an IP */
		return command == V2_LOCAL || command == V2_PROXY ? 0 : E_FORMAT;
	if (command != V2_PROXY || ends == NULL)
		return E_FORMAT;
	set_addr(&ret->from, family == V2_TCP4 ? AF_INET : AF_INET6, ends, (uint16_t)(ends[n - 4] << 8 | ends[n - 3]));
	ret->known = true;
	return take_tlvs(c, ret, false);
}

static int
take_binary(struct cursor *c, struct proxy_in *ret)
{
	struct cursor in = *c;
	unsigned command, family;
	const uint8_t *payload;
	struct cursor inner;
	uint16_t n;

	cur_bytes(&in, sizeof signature);
	command = cur_u8(&in);
	family = cur_u8(&in);
	n = be16(&in);
	if (in.err != 0)
		return E_SHORT;
	if ((command & 0xf0) != 0x20)
		return E_FORMAT;
	if (V2_HEAD + n > PROXY_V2_MAX)
		return E_LIMIT;
	if ((payload = cur_bytes(&in, n)) == NULL)
		return E_SHORT;
	c->at = in.at;
	inner = cur_of(payload, n);
	return take_payload(&inner, command, family, ret);
}

int
proxy_in_get(struct cursor *c, struct proxy_in *ret)
{
	static const char word[] = "PROXY ";
	size_t n = cur_left(c), of_line = n < sizeof word - 1 ? n : sizeof word - 1, of_binary = n < sizeof signature ? n : sizeof signature;

	memset(ret, 0, sizeof *ret);
	if (n == 0)
		return E_SHORT;
	if (memcmp(c->at, word, of_line) == 0)
		return of_line < sizeof word - 1 ? E_SHORT : take_line(c, ret);
	if (memcmp(c->at, signature, of_binary) == 0)
		return of_binary < sizeof signature ? E_SHORT : take_binary(c, ret);
	return E_FORMAT;
}
