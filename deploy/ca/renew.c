#include "deploy/ca/renew.h"

#include <string.h>

#include "lib/cursor.h"
#include "lib/err.h"

/* The PROXY protocol's specification, section 2.2; 0xe3 is sallyport-tunnel's. */
enum {
	HEAD_SIZE = 16, V2_PROXY = 0x21, FAMILY_UNSPEC = 0x00, FAMILY_INET = 0x10, FAMILY_INET6 = 0x20, FAMILY_UNIX = 0x30,
	TLV_SSL = 0x20, TLV_SSL_CN = 0x22, TLV_SERIAL = 0xe3,
	CLIENT_SSL = 1, CLIENT_CERT_CONN = 2, CLIENT_CERT_SESS = 4,
};

static uint16_t
get_be16(struct cursor *c)
{
	uint8_t high = cur_u8(c);

	return (uint16_t)(high << 8 | cur_u8(c));
}

/* A text that is there once. */
static void
get_text(struct cursor *c, size_t n, char *dst, size_t size)
{
	const uint8_t *at = cur_bytes(c, n);

	if (at == NULL)
		return;
	if (n == 0 || n >= size || memchr(at, '\0', n) != NULL || dst[0] != '\0') {
		cur_fail(c, E_DENIED);
		return;
	}
	memcpy(dst, at, n);
	dst[n] = '\0';
}

/* Which certificate was shown, now or when the session began, and whether it was found good. */
static void
get_ssl(struct cursor c, struct renew_who *ret, int *err)
{
	uint8_t client = cur_u8(&c);
	uint32_t verdict = (uint32_t)get_be16(&c) << 16;

	verdict |= get_be16(&c);
	if (c.err == 0 && ((client & CLIENT_SSL) == 0 || (client & (CLIENT_CERT_CONN | CLIENT_CERT_SESS)) == 0 || verdict != 0))
		cur_fail(&c, E_DENIED);
	while (c.err == 0 && cur_left(&c) > 0) {
		uint8_t type = cur_u8(&c);
		size_t n = get_be16(&c);

		if (type == TLV_SSL_CN)
			get_text(&c, n, ret->name, sizeof ret->name);
		else
			cur_bytes(&c, n);
	}
	*err = c.err == E_SHORT ? E_FORMAT : c.err;
}

static int
get_facts(struct cursor c, size_t addresses, struct renew_who *ret)
{
	int err = 0;

	cur_bytes(&c, addresses);
	while (c.err == 0 && err == 0 && cur_left(&c) > 0) {
		uint8_t type = cur_u8(&c);
		size_t n = get_be16(&c);
		const uint8_t *at = NULL;

		if (type == TLV_SERIAL)
			get_text(&c, n, ret->serial, sizeof ret->serial);
		else if ((at = cur_bytes(&c, n)) != NULL && type == TLV_SSL)
			get_ssl(cur_of(at, n), ret, &err);
	}
	if (c.err != 0 || err != 0)
		return err != 0 ? err : c.err == E_SHORT ? E_FORMAT : c.err;
	return index_name_ok(ret->name) ? 0 : E_DENIED;
}

static int
address_bytes(uint8_t family, size_t *ret)
{
	switch (family & 0xf0) {
	case FAMILY_UNSPEC: *ret = 0; return 0;
	case FAMILY_INET: *ret = 12; return 0;
	case FAMILY_INET6: *ret = 36; return 0;
	case FAMILY_UNIX: *ret = 216; return 0;
	default: return E_FORMAT;
	}
}

int
renew_header(const uint8_t *bytes, size_t n, struct renew_who *ret, size_t *ret_size)
{
	static const uint8_t signature[12] = { 0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a };
	struct cursor c = cur_of(bytes, n);
	uint8_t command, family;
	size_t addresses, size;

	*ret = (struct renew_who){ .name = "" };
	*ret_size = HEAD_SIZE;
	if (memcmp(bytes, signature, n < sizeof signature ? n : sizeof signature) != 0)
		return E_FORMAT;
	cur_bytes(&c, sizeof signature);
	command = cur_u8(&c);
	family = cur_u8(&c);
	size = get_be16(&c);
	if (c.err != 0)
		return c.err;
	if (command != V2_PROXY || address_bytes(family, &addresses) != 0)
		return E_FORMAT;
	if (HEAD_SIZE + size > RENEW_HEADER_MAX)
		return E_LIMIT;
	*ret_size = HEAD_SIZE + size;
	if (cur_left(&c) != size)
		return cur_left(&c) < size ? E_SHORT : E_FORMAT;
	return get_facts(c, addresses, ret);
}

/* "SALLYPORT-RENEW 1 LENGTH\n" */
static int
get_length(struct cursor *c, size_t *ret)
{
	static const char words[] = "SALLYPORT-RENEW 1 ";
	size_t have = cur_left(c) < sizeof words - 1 ? cur_left(c) : sizeof words - 1, n = 0;
	uint8_t digit;

	if (memcmp(c->at, words, have) != 0)
		return E_FORMAT;
	cur_bytes(c, sizeof words - 1);
	while ((digit = cur_u8(c)) >= '0' && digit <= '9')
		if ((n = 10 * n + (digit - '0')) > RENEW_REQUEST_MAX)
			return E_LIMIT;
	if (c->err != 0)
		return c->err;
	*ret = n;
	return digit == '\n' && n > 0 ? 0 : E_FORMAT;
}

int
renew_request(const uint8_t *bytes, size_t n, const uint8_t **ret, size_t *ret_n)
{
	struct cursor c = cur_of(bytes, n);
	const uint8_t *at;
	size_t size;
	int r;

	if ((r = get_length(&c, &size)) != 0)
		return r;
	if ((at = cur_bytes(&c, size)) == NULL)
		return c.err;
	if (cur_left(&c) != 0)
		return E_FORMAT;
	*ret = at;
	*ret_n = size;
	return 0;
}
