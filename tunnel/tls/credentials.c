#include "tunnel/tls/credentials.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/is_set.h"
#include "tunnel/tls/keyfile.h"
#include "tunnel/tls/tlserr.h"

/* Who follows the certificate when it is sent: with one key all others in their order, as they stand
 * in the file; with several those that lead upwards from it. */
static STACK_OF(X509) *
chain_of(const struct keyfile *k, X509 *cert)
{
	STACK_OF(X509) *chain = sk_X509_new_null();
	int n = sk_X509_num(k->certs);

	for (int i = 0; i < n && chain != NULL; i++) {
		X509 *next = sk_X509_value(k->certs, i);

		if (next == cert || (k->n_keys > 1 && (X509_check_issued(next, cert) != X509_V_OK || X509_cmp(next, cert) == 0)))
			continue;
		sk_X509_push(chain, next);
		if (k->n_keys > 1 && sk_X509_num(chain) < n) {
			cert = next;
			i = -1;
		}
	}
	return chain;
}

static int
use_pair(SSL_CTX *ctx, const struct keyfile *k, X509 *cert, EVP_PKEY *key)
{
	STACK_OF(X509) *chain = chain_of(k, cert);
	int r = chain != NULL && SSL_CTX_use_cert_and_key(ctx, cert, key, chain, 1) == 1;

	sk_X509_free(chain);
	return r;
}

static int
use_dh(SSL_CTX *ctx, EVP_PKEY *dh)
{
	SSL_CTX_set_dh_auto(ctx, 0);
	if (!EVP_PKEY_up_ref(dh))
		return 0;
	if (SSL_CTX_set0_tmp_dh_pkey(ctx, dh))
		return 1;
	EVP_PKEY_free(dh);
	return 0;
}

/* Every key with its certificate, so that one file may hold an RSA and an ECDSA pair. */
static int
use_all(SSL_CTX *ctx, const struct tls_conf *conf, const struct keyfile *k, struct conf_err *e)
{
	int used = 0;

	for (size_t i = 0; i < k->n_keys; i++)
		for (int c = 0; c < sk_X509_num(k->certs); c++) {
			X509 *cert = sk_X509_value(k->certs, c);

			if (EVP_PKEY_eq(X509_get0_pubkey(cert), k->keys[i]) != 1)
				continue;
			if (!use_pair(ctx, k, cert, k->keys[i]))
				return tls_fail(e, "Failed to load certificate from: ", conf->cert);
			used++;
			break;
		}
	ERR_clear_error();
	if (used == 0)
		return conf_err_set(e, NULL, 0, "Private key does not match the certificate: the key is in %.300s, the certificate in %.300s",
		    is_set(conf->key) ? conf->key : conf->cert, conf->cert);
	return k->dh == NULL || use_dh(ctx, k->dh) ? 0 : tls_fail(e, "Failed to use the DH parameters in: ", conf->cert);
}

static int
read_files(const void *arg, struct keyfile *k, struct conf_err *e)
{
	const struct tls_conf *conf = arg;
	int r = keyfile_read(conf->cert, k, "Failed to load certificate from: ", e);

	if (r == 0 && sk_X509_num(k->certs) <= 0)
		r = conf_err_set(e, NULL, 0, "Failed to load certificate from: %.500s: there is none in it", conf->cert);
	if (r == 0 && is_set(conf->key) && strcmp(conf->key, conf->cert) != 0)
		r = keyfile_read(conf->key, k, "Failed to load private key from: ", e);
	if (r == 0 && k->n_keys == 0)
		r = conf_err_set(e, NULL, 0, "Failed to load private key from: %.500s: there is none in it%s",
		    is_set(conf->key) ? conf->key : conf->cert, is_set(conf->key) ? "" : " (\"key\" names the file of the key)");
	return r;
}

static int
decrypts(const SSL_CIPHER *c)
{
	return SSL_CIPHER_get_kx_nid(c) == NID_kx_rsa || SSL_CIPHER_get_kx_nid(c) == NID_kx_rsa_psk;
}

/* A remote key only signs: no key exchange where RSA decrypts, and no handshake begun by the peer in
 * the middle of a transfer, where nobody waits for the signature. */
static int
restrict_to_signing(SSL_CTX *ctx, const struct tls_conf *conf, struct conf_err *e)
{
	STACK_OF(SSL_CIPHER) *all = SSL_CTX_get_ciphers(ctx);
	struct buf list = BUF_INIT;
	int r;

	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION);
	for (int i = 0; i < sk_SSL_CIPHER_num(all); i++) {
		const SSL_CIPHER *c = sk_SSL_CIPHER_value(all, i);

		if (!decrypts(c) && strcmp(SSL_CIPHER_get_version(c), "TLSv1.3") != 0)
			buf_printf(&list, ":%s", SSL_CIPHER_get_name(c));
	}
	r = conf->client || SSL_CTX_set_cipher_list(ctx, buf_cstr(&list));
	buf_done(&list);
	return r ? 0 : conf_err_set(e, NULL, 0, "\"ciphers\" leaves only key exchange by RSA, which needs \"vault = no\"");
}

int
credentials_load(SSL_CTX *ctx, const struct tls_conf *conf, struct keyring *ring, struct conf_err *e)
{
	struct keyfile k = { .n_keys = 0 };
	uint32_t before = ring == NULL ? 0 : ring->n;
	int r;

	if (!is_set(conf->cert))
		return 0;
	r = ring == NULL || !conf->vault ? read_files(conf, &k, e) :
	    keyring_read(ring, conf->client, read_files, conf, &k, e);
	if (r == 0)
		r = use_all(ctx, conf, &k, e);
	if (r == 0 && ring != NULL && ring->n > before)
		r = restrict_to_signing(ctx, conf, e);
	keyfile_done(&k);
	return r;
}
