#include "tunnel/tls/tlsform.h"

#include <string.h>
#include <strings.h>

#include "lib/cursor.h"
#include "lib/err.h"

enum { PAD = 64, RANDOMS = 64, DH_MIN = 64, DH_MAX = 2048 };

/* Certificates, requests, revocation lists, OCSP responses and signed attributes are each one SEQUENCE or SET.  A peer that
 * chooses its random number so that a ServerKeyExchange looks like that harms itself alone. */
static int
is_der(const uint8_t *data, size_t n)
{
	size_t len, bytes;

	if (n < 2 || (data[0] != 0x30 && data[0] != 0x31))
		return 0;
	if (data[1] < 0x80)
		return n == 2 + (size_t)data[1];
	bytes = data[1] & 0x7f;
	if (bytes > 4 || n < 2 + bytes)
		return 0;
	len = 0;
	for (size_t i = 0; i < bytes; i++)
		len = len << 8 | data[2 + i];
	return n == 2 + bytes + len;
}

/* RFC 8446, 4.4.3: spaces, whose signature it is, and a hash of 32 or 48 bytes. */
static int
is_13(const uint8_t *data, size_t n, int client)
{
	static const char *const contexts[] = { "TLS 1.3, server CertificateVerify", "TLS 1.3, client CertificateVerify" };
	const size_t head = PAD + strlen(contexts[client]) + 1;

	if (n != head + 32 && n != head + 48)
		return 0;
	for (size_t i = 0; i < PAD; i++)
		if (data[i] != ' ')
			return 0;
	return memcmp(data + PAD, contexts[client], head - PAD) == 0;
}

/* A point's length by its curve; 0: only the uncompressed form is known of it. */
static size_t
point_size(unsigned curve)
{
	static const struct { unsigned curve; size_t size; } known[] = {
		{ 23, 65 }, { 24, 97 }, { 25, 133 }, { 26, 65 }, { 27, 97 }, { 28, 129 }, { 29, 32 }, { 30, 56 },
	};

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (known[i].curve == curve)
			return known[i].size;
	return 0;
}

static unsigned
take_be16(struct cursor *c)
{
	const uint8_t *p = cur_bytes(c, 2);

	return p == NULL ? 0 : (unsigned)p[0] << 8 | p[1];
}

/* RFC 8422, 5.4: a named curve and a point, to the end. */
static int
is_ecdhe(struct cursor c)
{
	unsigned type = cur_u8(&c), curve = take_be16(&c);
	size_t n = cur_u8(&c), size = point_size(curve);
	const uint8_t *point = cur_bytes(&c, n);

	if (point == NULL || type != 3 || cur_left(&c) != 0)
		return 0;
	if (size != 0 && n != size)
		return 0;
	return curve == 29 || curve == 30 || (n > 1 && n % 2 == 1 && point[0] == 4);
}

static size_t
take_number(struct cursor *c)
{
	size_t n = take_be16(c);

	return cur_bytes(c, n) == NULL ? 0 : n;
}

/* RFC 5246, 7.4.3: prime, generator, public value, to the end. */
static int
is_dhe(struct cursor c)
{
	size_t p = take_number(&c), g = take_number(&c), y = take_number(&c);

	return c.err == 0 && cur_left(&c) == 0 && p >= DH_MIN && p <= DH_MAX && g > 0 && g <= p && y > 0 && y <= p;
}

static int
is_params(const uint8_t *data, size_t n)
{
	struct cursor c;

	if (n <= RANDOMS || is_der(data, n))
		return 0;
	c = cur_of(data + RANDOMS, n - RANDOMS);
	return is_ecdhe(c) || is_dhe(c);
}

/* RFC 5246, 7.4.8: all messages from the ClientHello to the ClientKeyExchange, as they were. */
static int
is_transcript(const uint8_t *data, size_t n)
{
	static const struct { uint8_t type; int optional; } order[] = {
		{ 1, 0 }, { 2, 0 }, { 11, 0 }, { 22, 1 }, { 12, 1 }, { 13, 0 }, { 14, 0 }, { 11, 0 }, { 16, 0 },
	};
	struct cursor c = cur_of(data, n);
	size_t at = 0;

	while (cur_left(&c) > 0) {
		unsigned type = cur_u8(&c);
		size_t len = (size_t)cur_u8(&c) << 16;

		len |= take_be16(&c);
		if (cur_bytes(&c, len) == NULL)
			return 0;
		while (at < ARRAY_LEN(order) && order[at].type != type && order[at].optional)
			at++;
		if (at == ARRAY_LEN(order) || order[at++].type != type)
			return 0;
	}
	return at == ARRAY_LEN(order);
}

enum tlsform
tlsform_of(const uint8_t *data, size_t n, int client)
{
	if (is_13(data, n, client))
		return TLSFORM_13;
	if (!client)
		return is_params(data, n) ? TLSFORM_12_PARAMS : TLSFORM_OTHER;
	return is_transcript(data, n) ? TLSFORM_12_TRANSCRIPT : TLSFORM_OTHER;
}

static const char *const names[TLS_DIGESTS][2] = {
	[TLS_DIGEST_NONE] = { "", "" }, [TLS_DIGEST_MD5_SHA1] = { "MD5-SHA1", "MD5-SHA1" }, [TLS_DIGEST_SHA1] = { "SHA1", "SHA-1" },
	[TLS_DIGEST_SHA224] = { "SHA224", "SHA2-224" }, [TLS_DIGEST_SHA256] = { "SHA256", "SHA2-256" },
	[TLS_DIGEST_SHA384] = { "SHA384", "SHA2-384" }, [TLS_DIGEST_SHA512] = { "SHA512", "SHA2-512" },
};

const char *
tls_digest_name(enum tls_digest digest)
{
	return digest > TLS_DIGEST_NONE && digest < TLS_DIGESTS ? names[digest][0] : NULL;
}

enum tls_digest
tls_digest_of(const char *name)
{
	for (enum tls_digest d = 0; d < TLS_DIGESTS; d++)
		if (strcasecmp(name, names[d][0]) == 0 || strcasecmp(name, names[d][1]) == 0)
			return d;
	return TLS_DIGESTS;
}

int
tlsform_goes_with(enum tlsform form, enum tls_digest digest, int is_rsa, int pss)
{
	if (form == TLSFORM_OTHER)
		return 0;
	if (form == TLSFORM_13)
		return (digest == TLS_DIGEST_NONE || digest >= TLS_DIGEST_SHA256) && (!is_rsa || pss);
	if (is_rsa && pss)
		return digest >= TLS_DIGEST_SHA256;
	return digest != TLS_DIGEST_MD5_SHA1 || is_rsa;
}
