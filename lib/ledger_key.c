#include "lib/ledger_key.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "lib/err.h"

struct ledger_key {
	EVP_PKEY *pkey;
};

/* Nobody is there to be asked for a password. */
static int
no_password(char *buf, int size, int write, void *arg)
{
	(void)buf, (void)size, (void)write, (void)arg;
	return -1;
}

static int
read_key(EVP_PKEY *(*read)(BIO *, EVP_PKEY **, pem_password_cb *, void *), const void *pem, size_t n, struct ledger_key **ret)
{
	BIO *bio = n > INT_MAX ? NULL : BIO_new_mem_buf(pem, (int)n);
	struct ledger_key *k = calloc(1, sizeof *k);
	int r = bio == NULL || k == NULL ? -ENOMEM : 0;

	if (r == 0 && ((k->pkey = read(bio, NULL, no_password, NULL)) == NULL || EVP_PKEY_get_base_id(k->pkey) != EVP_PKEY_ED25519))
		r = E_FORMAT;
	BIO_free(bio);
	ERR_clear_error();
	if (r != 0)
		ledger_key_free(k);
	else
		*ret = k;
	return r;
}

int
ledger_key_private(const void *pem, size_t n, struct ledger_key **ret)
{
	return read_key(PEM_read_bio_PrivateKey, pem, n, ret);
}

int
ledger_key_public(const void *pem, size_t n, struct ledger_key **ret)
{
	return read_key(PEM_read_bio_PUBKEY, pem, n, ret);
}

void
ledger_key_free(struct ledger_key *k)
{
	if (k == NULL)
		return;
	EVP_PKEY_free(k->pkey);
	free(k);
}

int
ledger_key_sign(const struct ledger_key *k, const struct ledger_chain *at, uint8_t ret[LEDGER_SIGNATURE_SIZE])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t message[LEDGER_HEAD_SIZE];
	size_t n = LEDGER_SIGNATURE_SIZE;
	int good;

	ledger_head_message(at, message);
	good = ctx != NULL && EVP_DigestSignInit(ctx, NULL, NULL, NULL, k->pkey) == 1 &&
	    EVP_DigestSign(ctx, ret, &n, message, sizeof message) == 1 && n == LEDGER_SIGNATURE_SIZE;
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return good ? 0 : -EIO;
}

bool
ledger_key_verify(const struct ledger_key *k, const struct ledger_chain *at, const uint8_t signature[LEDGER_SIGNATURE_SIZE])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t message[LEDGER_HEAD_SIZE];
	bool good;

	ledger_head_message(at, message);
	good = ctx != NULL && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, k->pkey) == 1 &&
	    EVP_DigestVerify(ctx, signature, LEDGER_SIGNATURE_SIZE, message, sizeof message) == 1;
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return good;
}
