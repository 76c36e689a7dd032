#include "deploy/crypt.h"

#include <errno.h>
#include <stdio.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

int
crypt_secret(char dst[CRYPT_SECRET_SIZE])
{
	unsigned char bytes[33], text[sizeof bytes / 3 * 4 + 1];

	dst[0] = '\0';
	if (RAND_bytes(bytes, sizeof bytes) != 1)
		return -EIO;
	EVP_EncodeBlock(text, bytes, sizeof bytes);
	for (size_t i = 0; i < CRYPT_SECRET_SIZE - 1; i++)
		dst[i] = text[i] == '+' ? '-' : text[i] == '/' ? '_' : (char)text[i];
	dst[CRYPT_SECRET_SIZE - 1] = '\0';
	crypt_wipe(bytes, sizeof bytes);
	crypt_wipe(text, sizeof text);
	return 0;
}

int
crypt_digest(const void *bytes, size_t n, char dst[CRYPT_DIGEST_SIZE])
{
	unsigned char digest[32];

	dst[0] = '\0';
	if (EVP_Digest(bytes, n, digest, NULL, EVP_sha256(), NULL) != 1)
		return -EIO;
	for (size_t i = 0; i < sizeof digest; i++)
		snprintf(dst + 2 * i, 3, "%02x", digest[i]);
	return 0;
}

void
crypt_wipe(void *bytes, size_t n)
{
	OPENSSL_cleanse(bytes, n);
}
