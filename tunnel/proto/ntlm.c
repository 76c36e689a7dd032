#include "tunnel/proto/ntlm.h"

#include <ctype.h>
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/provider.h>
#include <string.h>

#include "lib/cursor.h"
#include "lib/err.h"

static const char signature[8] = "NTLMSSP";

enum { MSG_NEGOTIATE = 1, MSG_CHALLENGE, MSG_AUTHENTICATE };
enum { FIXED_SIZE = 64, LM_SIZE = 24, TARGET_MAX = 4096, NAME_MAX_BYTES = 1024 };
enum { AV_END = 0, AV_TIME = 7 };

#define FLAGS 0x00088205u	/* Unicode, the target's name, NTLM, always sign, extended session security */

/* --- UTF-16 ----------------------------------------------------------------------------------- */

/* The next character; a byte that is no UTF-8 stands for itself. */
static uint32_t
next_char(const unsigned char **at)
{
	const unsigned char *s = *at;
	unsigned n = s[0] >= 0xf0 ? 3 : s[0] >= 0xe0 ? 2 : s[0] >= 0xc2 ? 1 : 0;
	uint32_t c = n == 0 ? s[0] : s[0] & (0x3fu >> n);

	for (unsigned i = 1; i <= n; i++) {
		if ((s[i] & 0xc0) != 0x80) {
			*at = s + 1;
			return s[0];
		}
		c = c << 6 | (s[i] & 0x3f);
	}
	*at = s + n + 1;
	return c;
}

static void
put_utf16(struct buf *out, const char *text, int upper)
{
	const unsigned char *at = (const unsigned char *)text;

	while (*at != '\0') {
		uint32_t c = next_char(&at);

		if (c >= 0x10000 && c <= 0x10ffff) {
			buf_le16(out, (uint16_t)(0xd800 + ((c - 0x10000) >> 10)));
			c = 0xdc00 + ((c - 0x10000) & 0x3ff);
		}
		buf_le16(out, (uint16_t)(upper && c < 0x80 ? (uint32_t)toupper((int)c) : c));
	}
}

/* --- digests ---------------------------------------------------------------------------------- */

static int
md4(const struct buf *in, uint8_t ret[NTLM_HASH_SIZE])
{
	OSSL_LIB_CTX *lib = OSSL_LIB_CTX_new();	/* its own: nothing else of ours shall find old ciphers */
	OSSL_PROVIDER *legacy = lib == NULL ? NULL : OSSL_PROVIDER_load(lib, "legacy");
	int good = legacy != NULL && EVP_Q_digest(lib, "MD4", NULL, buf_head(in), buf_len(in), ret, NULL) == 1;

	if (legacy != NULL)
		OSSL_PROVIDER_unload(legacy);
	OSSL_LIB_CTX_free(lib);
	return good ? 0 : E_CONF;
}

int
ntlm_hash(const char *password, uint8_t ret_hash[NTLM_HASH_SIZE])
{
	struct buf wide = BUF_INIT;
	int r;

	put_utf16(&wide, password, 0);
	r = wide.err != 0 ? -ENOMEM : md4(&wide, ret_hash);
	if (wide.data != NULL)
		OPENSSL_cleanse(wide.data, wide.cap);
	buf_done(&wide);
	return r;
}

static int
hmac(const uint8_t key[NTLM_HASH_SIZE], const struct buf *in, uint8_t ret[NTLM_HASH_SIZE])
{
	return in->err == 0 && HMAC(EVP_md5(), key, NTLM_HASH_SIZE, buf_head(in), buf_len(in), ret, NULL) != NULL ? 0 : -ENOMEM;
}

/* --- messages --------------------------------------------------------------------------------- */

void
ntlm_negotiate(struct buf *out)
{
	buf_put(out, signature, sizeof signature);
	buf_le32(out, MSG_NEGOTIATE);
	buf_le32(out, FLAGS);
	buf_le64(out, 0);	/* no domain, no workstation */
	buf_le64(out, 0);
}

struct challenge {
	const uint8_t *nonce;		/* the server's */
	const uint8_t *target;		/* what it says of itself */
	size_t n_target;
	uint64_t time;			/* of the server; 0: it does not say */
};

static int
find_time(struct challenge *ch)
{
	struct cursor c = cur_of(ch->target, ch->n_target);

	while (cur_left(&c) > 0) {
		unsigned id = cur_le16(&c);
		size_t n = cur_le16(&c);
		struct cursor value = c;

		cur_bytes(&c, n);
		if (c.err != 0)
			return E_FORMAT;
		if (id == AV_END)
			return 0;
		if (id == AV_TIME && n == 8)
			ch->time = cur_le64(&value);
	}
	return 0;
}

static int
parse(const void *bytes, size_t n, struct challenge *ret)
{
	struct cursor c = cur_of(bytes, n);
	const uint8_t *sign = cur_bytes(&c, sizeof signature);
	uint32_t type = cur_le32(&c), at;

	*ret = (struct challenge){ NULL, NULL, 0, 0 };
	cur_bytes(&c, 12);		/* the target's name, flags */
	ret->nonce = cur_bytes(&c, NTLM_NONCE_SIZE);
	if (c.err != 0 || memcmp(sign, signature, sizeof signature) != 0 || type != MSG_CHALLENGE)
		return E_FORMAT;
	cur_bytes(&c, 8);
	ret->n_target = cur_le16(&c);
	cur_le16(&c);
	at = cur_le32(&c);
	if (c.err != 0) {		/* an old server: it says nothing of itself */
		ret->n_target = 0;
		return 0;
	}
	if (ret->n_target > TARGET_MAX || at > n || ret->n_target > n - at)
		return E_FORMAT;
	ret->target = (const uint8_t *)bytes + at;
	return find_time(ret);
}

/* The key of version 2: user and domain are part of it. */
static int
user_key(const struct ntlm_who *who, uint8_t ret[NTLM_HASH_SIZE])
{
	struct buf name = BUF_INIT;
	int r;

	put_utf16(&name, who->user, 1);
	put_utf16(&name, who->domain == NULL ? "" : who->domain, 0);
	r = hmac(who->hash, &name, ret);
	buf_done(&name);
	return r;
}

/* Appends a proof of key over the server's nonce and blob to out. */
static int
put_proof(struct buf *out, const uint8_t key[NTLM_HASH_SIZE], const struct challenge *ch, const void *blob, size_t n)
{
	uint8_t proof[NTLM_HASH_SIZE];
	struct buf both = BUF_INIT;
	int r;

	buf_put(&both, ch->nonce, NTLM_NONCE_SIZE);
	buf_put(&both, blob, n);
	if ((r = hmac(key, &both, proof)) == 0) {
		buf_put(out, proof, sizeof proof);
		buf_put(out, blob, n);
	}
	buf_done(&both);
	return r;
}

static int
put_responses(struct buf *out, const uint8_t key[NTLM_HASH_SIZE], const struct challenge *ch, const uint8_t *nonce, uint64_t now)
{
	static const uint8_t zeros[LM_SIZE];
	struct buf blob = BUF_INIT;
	int r = 0;

	if (ch->time != 0)		/* who tells the time wants no answer of the old kind */
		buf_put(out, zeros, LM_SIZE);
	else
		r = put_proof(out, key, ch, nonce, NTLM_NONCE_SIZE);
	buf_le16(&blob, 0x0101);
	buf_put(&blob, zeros, 6);
	buf_le64(&blob, ch->time != 0 ? ch->time : now);
	buf_put(&blob, nonce, NTLM_NONCE_SIZE);
	buf_put(&blob, zeros, 4);
	buf_put(&blob, ch->target, ch->n_target);
	buf_put(&blob, zeros, 4);
	if (r == 0)
		r = blob.err != 0 ? -ENOMEM : put_proof(out, key, ch, buf_head(&blob), buf_len(&blob));
	buf_done(&blob);
	return r;
}

static void
put_field(struct buf *out, size_t n, size_t *at)
{
	buf_le16(out, (uint16_t)n);
	buf_le16(out, (uint16_t)n);
	buf_le32(out, (uint32_t)*at);
	*at += n;
}

int
ntlm_authenticate(const struct ntlm_who *who, const void *challenge, size_t n, const uint8_t nonce[NTLM_NONCE_SIZE],
    uint64_t now, struct buf *out)
{
	struct buf responses = BUF_INIT, domain = BUF_INIT, user = BUF_INIT;
	uint8_t key[NTLM_HASH_SIZE];
	size_t at = FIXED_SIZE;
	struct challenge ch;
	int r = parse(challenge, n, &ch);

	if (r == 0 && (r = user_key(who, key)) == 0)
		r = put_responses(&responses, key, &ch, nonce, now);
	put_utf16(&domain, who->domain == NULL ? "" : who->domain, 0);
	put_utf16(&user, who->user, 0);
	if (r == 0 && (responses.err != 0 || domain.err != 0 || user.err != 0))
		r = -ENOMEM;
	if (r == 0 && (buf_len(&domain) > NAME_MAX_BYTES || buf_len(&user) > NAME_MAX_BYTES))
		r = E_FORMAT;
	if (r == 0) {
		buf_put(out, signature, sizeof signature);
		buf_le32(out, MSG_AUTHENTICATE);
		put_field(out, LM_SIZE, &at);
		put_field(out, buf_len(&responses) - LM_SIZE, &at);
		put_field(out, buf_len(&domain), &at);
		put_field(out, buf_len(&user), &at);
		put_field(out, 0, &at);		/* workstation */
		put_field(out, 0, &at);		/* session key */
		buf_le32(out, FLAGS);
		buf_put(out, buf_head(&responses), buf_len(&responses));
		buf_put(out, buf_head(&domain), buf_len(&domain));
		buf_put(out, buf_head(&user), buf_len(&user));
	}
	OPENSSL_cleanse(key, sizeof key);
	buf_done(&responses);
	buf_done(&domain);
	buf_done(&user);
	return r;
}
