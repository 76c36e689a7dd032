#include "syncd/wire/proxy_in.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "lib/num.h"
#include "lib/utf8.h"

enum {
	V2_HEAD = 16,
	V2_LOCAL = 0x20, V2_PROXY = 0x21, V2_UNSPEC = 0x00, V2_TCP4 = 0x11, V2_TCP6 = 0x21,
	V2_TCP4_SIZE = 12, V2_TCP6_SIZE = 36,
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

/* A TLV that is known, with the text that it is for. */
struct tlv {
	unsigned type;
	bool within_ssl;	/* a part of PP2_TYPE_SSL */
	bool certificate;	/* of a verified certificate alone: ours (sallyport-tunnel.conf(5)) */
	int (*take)(const struct tlv *t, const uint8_t *v, size_t n, struct proxy_in *ret);
	size_t at, size;	/* of the text in struct proxy_in */
	bool often;		/* there may be more than one */
};

static char *
text_of(const struct tlv *t, struct proxy_in *ret)
{
	return (char *)ret + t->at;
}

static int
faulty(struct proxy_in *ret, int err, const char *what)
{
	ret->fault = what;
	return err;
}

static int
too_long(struct proxy_in *ret)
{
	return faulty(ret, E_LIMIT, "a TLV is longer than such a one may be");
}

/* Bytes of anybody's: what is no text is left out. */
static int
take_text(const struct tlv *t, const uint8_t *v, size_t n, struct proxy_in *ret)
{
	if (n >= t->size)
		return too_long(ret);
	if (utf8_is_text(v, n))
		memcpy(text_of(t, ret), v, n);
	return 0;
}

static int
take_hex(const struct tlv *t, const uint8_t *v, size_t n, struct proxy_in *ret)
{
	if (2 * n + 1 > t->size)
		return too_long(ret);
	for (size_t i = 0; i < n; i++)
		snprintf(text_of(t, ret) + 2 * i, 3, "%02x", v[i]);
	return 0;
}

static int
take_key(const struct tlv *t, const uint8_t *v, size_t n, struct proxy_in *ret)
{
	return n == IDENTITY_KEY_BYTES ? take_hex(t, v, n, ret) : faulty(ret, E_FORMAT, "a key has another length than SHA-256");
}

/* The others of ours are never sent but as plain text: such a one was forged. */
static int
take_plain(const struct tlv *t, const uint8_t *v, size_t n, struct proxy_in *ret)
{
	if (n == 0 || !utf8_is_text(v, n))
		return faulty(ret, E_FORMAT, "a name, serial number or issuer is no plain text");
	return take_text(t, v, n, ret);
}

static int
take_serial(const struct tlv *t, const uint8_t *v, size_t n, struct proxy_in *ret)
{
	for (size_t i = 0; i < n; i++)
		if (strchr("0123456789ABCDEF", v[i]) == NULL || v[i] == '\0')
			return faulty(ret, E_FORMAT, "a serial number is none");
	return take_plain(t, v, n, ret);
}

static bool
begins_with(const uint8_t *v, size_t n, const char *prefix)
{
	return n > strlen(prefix) && memcmp(v, prefix, strlen(prefix)) == 0;
}

/* One more line of the names. */
static int
take_name(const struct tlv *t, const uint8_t *v, size_t n, struct proxy_in *ret)
{
	char *names = text_of(t, ret);
	size_t used = strlen(names), lines = used > 0;

	if (!begins_with(v, n, "dns:") && !begins_with(v, n, "email:") && !begins_with(v, n, "uri:"))
		return faulty(ret, E_FORMAT, "an alternative name is of no known kind");
	if (!utf8_is_text(v, n))
		return faulty(ret, E_FORMAT, "a name, serial number or issuer is no plain text");
	for (const char *at = names; (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	if (n >= IDENTITY_NAME_SIZE || lines >= IDENTITY_NAMES_MAX || used + (used > 0) + n >= t->size)
		return faulty(ret, E_LIMIT, "there are too many alternative names, or one is too long");
	if (used > 0)
		names[used++] = '\n';
	memcpy(names + used, v, n);
	names[used + n] = '\0';
	return 0;
}

static int take_ssl(const struct tlv *t, const uint8_t *v, size_t n, struct proxy_in *ret);

#define TEXT(field) offsetof(struct proxy_in, field), sizeof ((struct proxy_in *)0)->field
static const struct tlv tlvs[] = {
	{ 0x01, false, false, take_text, TEXT(alpn), false },
	{ 0x02, false, false, take_text, TEXT(authority), false },
	{ 0x05, false, false, take_hex, TEXT(unique_id), false },
	{ 0x20, false, false, take_ssl, 0, 0, false },
	{ 0x21, true, false, take_text, TEXT(id.version), false },
	{ 0x22, true, false, take_text, TEXT(id.common_name), false },
	{ 0x23, true, false, take_text, TEXT(cipher), false },
	{ 0xe1, false, true, take_key, TEXT(id.key), false },
	{ 0xe2, false, true, take_name, TEXT(id.names), true },
	{ 0xe3, false, true, take_serial, TEXT(id.serial), false },
	{ 0xe4, false, true, take_plain, TEXT(id.issuer), false },
};
#undef TEXT

/* The row, or NULL: it is of no interest. */
static const struct tlv *
find_tlv(unsigned type, bool within_ssl)
{
	for (size_t i = 0; i < ARRAY_LEN(tlvs); i++)
		if (tlvs[i].type == type && tlvs[i].within_ssl == within_ssl)
			return &tlvs[i];
	return NULL;
}

/* *seen gets the rows that were there, as bits: two of one kind would leave open which counts. */
static int
take_tlvs(struct cursor *c, struct proxy_in *ret, bool within_ssl, unsigned *seen)
{
	while (cur_left(c) > 0) {
		unsigned type = cur_u8(c), n = be16(c), bit;
		const uint8_t *v = cur_bytes(c, n);
		const struct tlv *t = find_tlv(type, within_ssl);
		int r;

		if (c->err != 0)
			return faulty(ret, E_FORMAT, "a TLV is cut off");
		if (t == NULL)
			continue;
		bit = 1u << (t - tlvs);
		if ((*seen & bit) != 0 && !t->often)
			return faulty(ret, E_FORMAT, "a TLV is there twice");
		*seen |= bit;
		if ((r = t->take(t, v, n, ret)) != 0)
			return r;
	}
	return 0;
}

/* PP2_TYPE_SSL: bits, a number that is 0 for a certificate found good, and TLVs of its own. */
static int
take_ssl(const struct tlv *t, const uint8_t *v, size_t n, struct proxy_in *ret)
{
	struct cursor c = cur_of(v, n);
	unsigned bits = cur_u8(&c), verify = 0, seen = 0;

	(void)t;
	for (int i = 0; i < 4; i++)
		verify |= cur_u8(&c);
	if (c.err != 0)
		return faulty(ret, E_FORMAT, "a TLV is cut off");
	ret->id.tls = (bits & CLIENT_SSL) != 0;
	ret->has_cert = ret->id.tls && (bits & (CLIENT_CERT_CONN | CLIENT_CERT_SESS)) != 0;
	ret->id.verified = ret->has_cert && verify == 0;
	return take_tlvs(&c, ret, true, &seen);
}

static int
take_all_tlvs(struct cursor *c, struct proxy_in *ret)
{
	unsigned seen = 0;
	int r = take_tlvs(c, ret, false, &seen);

	for (size_t i = 0; i < ARRAY_LEN(tlvs) && r == 0; i++)
		if (tlvs[i].certificate && (seen & 1u << i) != 0 && !ret->id.verified)
			r = faulty(ret, E_FORMAT, "it tells of a certificate that was not verified");
	return r;
}

/* LOCAL is a check of the proxy's own, whatever it carries.  Of a family that is none of an IP nothing is read but TLVs behind no address at
 * all, as for a proxy's client on a UNIX socket. */
static int
take_payload(struct cursor *c, unsigned command, unsigned family, struct proxy_in *ret)
{
	size_t n = family == V2_TCP4 ? V2_TCP4_SIZE : family == V2_TCP6 ? V2_TCP6_SIZE : 0;
	const uint8_t *ends = cur_bytes(c, n);

	if (command == V2_LOCAL)
		return 0;
	if (command != V2_PROXY || c->err != 0)
		return E_FORMAT;
	if (n == 0)
		return family == V2_UNSPEC ? take_all_tlvs(c, ret) : 0;
	set_addr(&ret->from, family == V2_TCP4 ? AF_INET : AF_INET6, ends, (uint16_t)(ends[n - 4] << 8 | ends[n - 3]));
	ret->known = true;
	return take_all_tlvs(c, ret);
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
