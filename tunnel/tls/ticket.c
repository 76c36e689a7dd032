#include "tunnel/tls/ticket.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <string.h>


enum { WALK_MAX = 4096 };		/* a clock that jumped ahead shall not keep us counting */

static int
digit(char c)
{
	const char *digits = "0123456789abcdef", *at = c == '\0' ? NULL : strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c);

	return at == NULL ? -1 : (int)(at - digits);
}

size_t
ticket_secret_parse(const char *text, unsigned char dst[TICKET_KEY])
{
	size_t n = 0;

	for (; *text != '\0'; text += text[2] == ':' && text[3] != '\0' ? 3 : 2) {
		int high = digit(text[0]), low = high < 0 ? -1 : digit(text[1]);

		if (low < 0 || n == TICKET_KEY)
			return 0;
		dst[n++] = (unsigned char)(high << 4 | low);
	}
	return n == 16 || n == 32 ? n : 0;
}

/* One step: HMAC(secret, label) for the parts of a key and for the secret after it. */
static int
derive(const unsigned char secret[TICKET_KEY], unsigned char label, unsigned char dst[TICKET_KEY])
{
	unsigned n = TICKET_KEY;

	return HMAC(EVP_sha256(), secret, TICKET_KEY, &label, 1, dst, &n) == NULL ? -EIO : 0;
}

static int
next_key(struct ticket_ring *r)
{
	unsigned char name[TICKET_KEY], secret[TICKET_KEY];

	r->now.n_cipher = r->now.n_mac = TICKET_KEY;
	if (derive(r->secret, 'n', name) != 0 || derive(r->secret, 'c', r->now.cipher) != 0 ||
	    derive(r->secret, 'm', r->now.mac) != 0 || derive(r->secret, 's', secret) != 0)
		return -EIO;
	memcpy(r->now.name, name, sizeof r->now.name);
	memcpy(r->secret, secret, sizeof r->secret);
	OPENSSL_cleanse(secret, sizeof secret);
	return 0;
}

int
ticket_ring_init(struct ticket_ring *r, uint64_t epoch)
{
	*r = (struct ticket_ring){ .epoch = epoch };
	return RAND_bytes(r->secret, sizeof r->secret) == 1 ? next_key(r) : -EIO;
}

int
ticket_ring_walk(struct ticket_ring *r, uint64_t epoch)
{
	int result = 0;

	for (int i = 0; i < WALK_MAX && r->epoch < epoch && result == 0 && !r->fixed; i++) {
		r->before = r->now;
		r->epoch++;
		result = next_key(r);
	}
	return result;
}

static const struct ticket_key *
key_named(const struct ticket_ring *r, const unsigned char *name)
{
	if (r->fixed || memcmp(name, r->now.name, TICKET_NAME) == 0)
		return &r->now;
	return r->before.n_cipher > 0 && memcmp(name, r->before.name, TICKET_NAME) == 0 ? &r->before : NULL;
}

static int
set_keys(const struct ticket_key *k, const unsigned char *iv, EVP_CIPHER_CTX *c, EVP_MAC_CTX *mac, int encrypt)
{
	char digest[] = "SHA256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, (void *)k->mac, k->n_mac),
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end(),
	};

	return EVP_CipherInit_ex(c, k->n_cipher == 16 ? EVP_aes_128_cbc() : EVP_aes_256_cbc(), NULL, k->cipher, iv, encrypt) == 1 &&
	    EVP_MAC_CTX_set_params(mac, params) == 1;
}

int
ticket_cipher(struct ticket_ring *r, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *c, EVP_MAC_CTX *mac,
    int encrypt)
{
	const struct ticket_key *k = &r->now;

	if (encrypt) {
		memcpy(name, k->name, TICKET_NAME);
		if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1)
			return -1;
	} else if ((k = key_named(r, name)) == NULL) {
		return 0;
	}
	if (!set_keys(k, iv, c, mac, encrypt))
		return -1;
	return k == &r->now ? 1 : 2;	/* 2: good, but give the peer a newer one */
}
