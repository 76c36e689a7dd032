#include "lib/invite.h"

#include <errno.h>
#include <string.h>

#include "lib/addr.h"
#include "lib/cursor.h"
#include "lib/err.h"
#include "lib/utf8.h"

static const char NAME[] = "sallyport", VERSION[] = "1:";
static const char LETTERS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void
invite_wipe(struct invite *v)
{
	explicit_bzero(v, sizeof *v);
}

const char *
invite_error(int r)
{
	switch (r) {
	case E_FORMAT: return "this is no invitation, which begins with sallyport1:";
	case E_UNSUPPORTED: return "this invitation is of another version of sallyport";
	case E_SHORT: return "the invitation is not whole: it was cut off, or changed, on its way";
	case E_LIMIT: return "this is too long for an invitation";
	default: return err_text(r);
	}
}

/* --- what may be in one ------------------------------------------------------------------------- */

static int
is_address(const char *text)
{
	struct addr a;

	return strlen(text) < INVITE_ADDRESS_SIZE && text[strspn(text, "0123456789abcdefABCDEF.:")] == '\0' && addr_parse(text, 0, &a) == 0;
}

static int
is_host(const char *text)
{
	const char *at = text;

	if (is_address(text))
		return 1;
	for (size_t n; *at != '\0'; at += n + (at[n] == '.'))
		if ((n = strcspn(at, ".")) == 0 || at[0] == '-' || strspn(at, LETTERS) < n)
			return 0;
	return at > text && at[-1] != '.';
}

static int
is_client(const char *text)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++)
		if (text[i] != '.' && text[i] != '@' && strchr(LETTERS, text[i]) == NULL)
			return 0;
	return n > 0 && text[0] != '-' && text[0] != '.' && text[0] != '@';
}

static int
is_module(const char *text)
{
	const unsigned char *c = (const unsigned char *)text;
	size_t left = strlen(text), step;

	if (left == 0 || c[0] == '-' || c[0] == '.' || strchr(text, '/') != NULL)
		return 0;
	for (; left > 0; c += step, left -= step) {
		step = *c < 0x80 ? 1 : utf8_length(c, left);
		if (step == 0 || *c < 0x20 || *c == 0x7f || (*c == 0xc2 && c[1] < 0xa0))
			return 0;
	}
	return 1;
}

static int
check(const struct invite *v)
{
	if (!is_host(v->host) || !is_client(v->client) || !is_module(v->module) || v->port == 0)
		return E_FORMAT;
	if (v->n_addresses > INVITE_ADDRESSES_MAX || v->n_cert > INVITE_CERT_MAX || v->n_key > INVITE_KEY_MAX)
		return E_LIMIT;
	for (size_t i = 0; i < v->n_addresses; i++)
		if (!is_address(v->address[i]))
			return E_FORMAT;
	return v->n_cert == 0 || v->n_key == 0 ? E_FORMAT : 0;
}

/* --- bytes -------------------------------------------------------------------------------------- */

/* CRC-32 as in IEEE 802.3. */
static uint32_t
sum_of(const uint8_t *bytes, size_t n)
{
	uint32_t sum = UINT32_MAX;

	for (size_t i = 0; i < n; i++) {
		sum ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			sum = sum >> 1 ^ (sum & 1 ? 0xedb88320u : 0);
	}
	return ~sum;
}

static void
put_text(struct buf *b, const char *text)
{
	buf_u8(b, (uint8_t)strlen(text));
	buf_text(b, text);
}

static void
put_bytes(const struct invite *v, struct buf *b)
{
	put_text(b, v->host);
	put_text(b, v->client);
	put_text(b, v->module);
	buf_le16(b, v->port);
	buf_put(b, v->pin, sizeof v->pin);
	buf_u8(b, (uint8_t)v->n_addresses);
	for (size_t i = 0; i < v->n_addresses; i++)
		put_text(b, v->address[i]);
	buf_le16(b, (uint16_t)v->n_cert);
	buf_put(b, v->cert, v->n_cert);
	buf_le16(b, (uint16_t)v->n_key);
	buf_put(b, v->key, v->n_key);
	buf_le32(b, sum_of(buf_head(b), buf_len(b)));
}

static void
get_text(struct cursor *c, char *dst, size_t size)
{
	size_t n = cur_u8(c);
	const uint8_t *at = n < size ? cur_bytes(c, n) : NULL;

	if (n >= size)
		cur_fail(c, E_LIMIT);
	if (at == NULL)
		return;
	if (memchr(at, '\0', n) != NULL)
		cur_fail(c, E_FORMAT);
	memcpy(dst, at, n);
	dst[n] = '\0';
}

static size_t
get_blob(struct cursor *c, uint8_t *dst, size_t max)
{
	size_t n = cur_le16(c);
	const uint8_t *at = n <= max ? cur_bytes(c, n) : NULL;

	if (n > max)
		cur_fail(c, E_LIMIT);
	if (at == NULL)
		return 0;
	memcpy(dst, at, n);
	return n;
}

static int
get_bytes(struct cursor *c, struct invite *v)
{
	const uint8_t *pin;
	size_t n;

	get_text(c, v->host, sizeof v->host);
	get_text(c, v->client, sizeof v->client);
	get_text(c, v->module, sizeof v->module);
	v->port = cur_le16(c);
	if ((pin = cur_bytes(c, sizeof v->pin)) != NULL)
		memcpy(v->pin, pin, sizeof v->pin);
	n = cur_u8(c);
	if (n > INVITE_ADDRESSES_MAX)
		return E_LIMIT;
	for (size_t i = 0; i < n && c->err == 0; i++)
		get_text(c, v->address[i], sizeof v->address[i]);
	v->n_addresses = n;
	v->n_cert = get_blob(c, v->cert, sizeof v->cert);
	v->n_key = get_blob(c, v->key, sizeof v->key);
	if (c->err != 0)
		return c->err;
	return cur_left(c) == 0 ? check(v) : E_FORMAT;
}

/* --- text --------------------------------------------------------------------------------------- */

static void
put_base64(const uint8_t *bytes, size_t n, struct buf *out)
{
	for (size_t i = 0; i < n; i += 3) {
		uint32_t three = (uint32_t)bytes[i] << 16 | (i + 1 < n ? (uint32_t)bytes[i + 1] << 8 : 0) | (i + 2 < n ? bytes[i + 2] : 0);
		size_t chars = n - i < 3 ? n - i + 1 : 4;

		for (size_t k = 0; k < chars; k++)
			buf_u8(out, (uint8_t)LETTERS[three >> (18 - 6 * k) & 63]);
	}
}

/* E_SHORT for what base64url does not have, or bits behind the last byte. */
static int
get_base64(const char *text, size_t n, struct buf *out)
{
	uint32_t bits = 0;
	size_t have = 0;

	for (size_t i = 0; i < n; i++) {
		const char *at = text[i] == '\0' ? NULL : strchr(LETTERS, text[i]);

		if (at == NULL)
			return E_SHORT;
		bits = bits << 6 | (uint32_t)(at - LETTERS);
		if ((have += 6) >= 8) {
			have -= 8;
			buf_u8(out, (uint8_t)(bits >> have));
		}
	}
	if (out->err != 0)
		return -ENOMEM;
	return have >= 6 || (bits & ((1u << have) - 1)) != 0 ? E_SHORT : 0;
}

int
invite_put(const struct invite *v, struct buf *out)
{
	struct buf bytes = BUF_INIT;
	int r = check(v);

	if (r != 0)
		return r;
	buf_reserve(&bytes, INVITE_TEXT_MAX);	/* once: what grows leaves copies of the key behind */
	put_bytes(v, &bytes);
	buf_text(out, NAME);
	buf_text(out, VERSION);
	put_base64(buf_head(&bytes), buf_len(&bytes), out);
	r = bytes.err != 0 || out->err != 0 ? -ENOMEM : 0;
	buf_wipe(&bytes);
	return r;
}

/* The sum decides what is told: bytes that it holds for were sent like this. */
static int
get_checked(const uint8_t *bytes, size_t n, struct invite *ret)
{
	struct cursor c, sum;

	if (n < 4)
		return E_SHORT;
	c = cur_of(bytes, n - 4);
	sum = cur_of(bytes + n - 4, 4);
	if (cur_le32(&sum) != sum_of(bytes, n - 4))
		return E_SHORT;
	return get_bytes(&c, ret) == 0 ? 0 : E_FORMAT;
}

int
invite_get(const char *text, size_t n, struct invite *ret)
{
	const size_t name = sizeof NAME - 1, all = name + sizeof VERSION - 1;
	struct buf bytes = BUF_INIT;
	int r;

	invite_wipe(ret);
	if (n > INVITE_TEXT_MAX)
		return E_LIMIT;
	if (n < all || memcmp(text, NAME, name) != 0)
		return E_FORMAT;
	if (memcmp(text + name, VERSION, sizeof VERSION - 1) != 0)
		return text[name] >= '0' && text[name] <= '9' ? E_UNSUPPORTED : E_FORMAT;
	buf_reserve(&bytes, INVITE_TEXT_MAX);	/* once: what grows leaves copies of the key behind */
	if ((r = get_base64(text + all, n - all, &bytes)) == 0)
		r = get_checked(buf_head(&bytes), buf_len(&bytes), ret);
	buf_wipe(&bytes);
	if (r != 0)
		invite_wipe(ret);
	return r;
}
