#include "tunnel/tls/remotekey.h"

#include <errno.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"

#define PROVIDER "sallyport-remote"
#define PROPERTY "provider=" PROVIDER ",fips=yes"	/* where the key is, the library's own provider signs */
#define P_HOME "sallyport-home"
#define P_SLOT "sallyport-slot"
#define P_SPKI "sallyport-spki"

/* A library context apart, or the library could take these for its own kinds wherever it needs one. */
struct remotekeys {
	OSSL_LIB_CTX *lib;
	OSSL_PROVIDER *provider;
	remote_sign sign;
	void *arg;
};

struct key {
	_Atomic unsigned refs;
	const char *type;
	const struct remotekeys *home;	/* NULL: only a public key, for comparison */
	uint32_t slot;
	EVP_PKEY *pub;			/* of the library's */
};

/* --- keys ------------------------------------------------------------------------------------- */

static void *
key_new(const char *type)
{
	struct key *k = calloc(1, sizeof *k);

	if (k != NULL) {
		k->type = type;
		k->refs = 1;
	}
	return k;
}

static void
key_free(void *keydata)
{
	struct key *k = keydata;

	if (k == NULL || atomic_fetch_sub(&k->refs, 1) > 1)
		return;
	EVP_PKEY_free(k->pub);
	free(k);
}

static int
key_has(const void *keydata, int selection)
{
	const struct key *k = keydata;

	if (k == NULL || k->pub == NULL)
		return 0;
	return (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) == 0 || k->home != NULL;
}

static int
key_match(const void *a, const void *b, int selection)
{
	const struct key *ka = a, *kb = b;

	(void)selection;		/* whatever is compared, the public halves tell */
	return ka->pub != NULL && kb->pub != NULL && EVP_PKEY_eq(ka->pub, kb->pub) == 1;
}

static int
import_public(struct key *k, const OSSL_PARAM *params)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, k->type, NULL);
	int r = c != NULL && EVP_PKEY_fromdata_init(c) == 1 &&
	    EVP_PKEY_fromdata(c, &k->pub, EVP_PKEY_PUBLIC_KEY, (OSSL_PARAM *)params) == 1;

	EVP_PKEY_CTX_free(c);
	return r;
}

/* Either one of ours, from remotekey_new, or any public key in the library's parameters. */
static int
key_import(void *keydata, int selection, const OSSL_PARAM *params)
{
	const OSSL_PARAM *spki = OSSL_PARAM_locate_const(params, P_SPKI), *home = OSSL_PARAM_locate_const(params, P_HOME),
	    *slot = OSSL_PARAM_locate_const(params, P_SLOT);
	struct key *k = keydata;
	const uint8_t *at;

	(void)selection;
	if (spki == NULL)
		return import_public(k, params);
	if (home == NULL || home->data_size != sizeof k->home || slot == NULL || !OSSL_PARAM_get_uint32(slot, &k->slot))
		return 0;
	memcpy(&k->home, home->data, sizeof k->home);
	at = spki->data;
	return (k->pub = d2i_PUBKEY(NULL, &at, (long)spki->data_size)) != NULL;
}

static const OSSL_PARAM *
key_importable(int selection)
{
	static const OSSL_PARAM all[] = {
		OSSL_PARAM_octet_string(P_SPKI, NULL, 0), OSSL_PARAM_octet_string(P_HOME, NULL, 0), OSSL_PARAM_uint32(P_SLOT, NULL),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0), OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0), OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0), OSSL_PARAM_END,
	};

	(void)selection;
	return all;
}

/* The library exports a key to whoever could sign with it: there is nothing to sign with in ours. */
static int
key_export(void *keydata, int selection, OSSL_CALLBACK *take, void *arg)
{
	const struct key *k = keydata;
	OSSL_PARAM *params = NULL;
	int r;

	if (k->home != NULL && (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0)
		return 0;
	r = EVP_PKEY_todata(k->pub, EVP_PKEY_PUBLIC_KEY, &params) == 1 && take(params, arg);
	OSSL_PARAM_free(params);
	return r;
}

static int
key_get(void *keydata, OSSL_PARAM params[])
{
	const struct key *k = keydata;

	return k->pub != NULL && EVP_PKEY_get_params(k->pub, params);
}

static const OSSL_PARAM *
key_gettable(void *provctx)
{
	static const OSSL_PARAM all[] = {
		OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL), OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL), OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_DEFAULT_DIGEST, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0), OSSL_PARAM_END,
	};

	(void)provctx;
	return all;
}

static const char *
signs_as_ecdsa(int operation)
{
	return operation == OSSL_OP_SIGNATURE ? "ECDSA" : NULL;
}

static const char *
signs_as_rsa(int operation)
{
	return operation == OSSL_OP_SIGNATURE ? "RSA" : NULL;
}

static const char *
signs_as_ed25519(int operation)
{
	return operation == OSSL_OP_SIGNATURE ? "ED25519" : NULL;
}

#define FN(id, f) { id, (void (*)(void))(f) }
#define KIND(name, type, signs_as) \
	static void *name##_new(void *provctx) { (void)provctx; return key_new(type); } \
	static const OSSL_DISPATCH name##_keys[] = { \
		FN(OSSL_FUNC_KEYMGMT_NEW, name##_new), FN(OSSL_FUNC_KEYMGMT_FREE, key_free), FN(OSSL_FUNC_KEYMGMT_HAS, key_has), \
		FN(OSSL_FUNC_KEYMGMT_MATCH, key_match), FN(OSSL_FUNC_KEYMGMT_IMPORT, key_import), \
		FN(OSSL_FUNC_KEYMGMT_IMPORT_TYPES, key_importable), FN(OSSL_FUNC_KEYMGMT_EXPORT, key_export), \
		FN(OSSL_FUNC_KEYMGMT_EXPORT_TYPES, key_importable), FN(OSSL_FUNC_KEYMGMT_GET_PARAMS, key_get), \
		FN(OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, key_gettable), \
		FN(OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, signs_as), { 0, NULL }, \
	};

KIND(rsa, "RSA", signs_as_rsa)
KIND(rsa_pss, "RSA-PSS", signs_as_rsa)
KIND(ec, "EC", signs_as_ecdsa)
KIND(ed25519, "ED25519", signs_as_ed25519)

static const OSSL_ALGORITHM key_kinds[] = {
	{ "RSA:rsaEncryption:1.2.840.113549.1.1.1", PROPERTY, rsa_keys, NULL },
	{ "RSA-PSS:RSASSA-PSS:1.2.840.113549.1.1.10", PROPERTY, rsa_pss_keys, NULL },
	{ "EC:id-ecPublicKey:1.2.840.10045.2.1", PROPERTY, ec_keys, NULL },
	{ "ED25519:1.3.101.112", PROPERTY, ed25519_keys, NULL },
	{ NULL, NULL, NULL, NULL },
};

/* --- signatures ------------------------------------------------------------------------------- */

struct signing {
	struct key *key;
	struct remote_request req;
};

static void *
signing_new(void *provctx, const char *properties)
{
	(void)provctx;
	(void)properties;
	return calloc(1, sizeof(struct signing));
}

static void
signing_free(void *ctx)
{
	struct signing *s = ctx;

	if (s != NULL)
		key_free(s->key);
	free(s);
}

static int
set_padding(struct signing *s, const OSSL_PARAM *p)
{
	int mode = 0;

	if (p->data_type == OSSL_PARAM_UTF8_STRING)
		mode = strcmp(p->data, OSSL_PKEY_RSA_PAD_MODE_PSS) == 0 ? RSA_PKCS1_PSS_PADDING :
		    strcmp(p->data, OSSL_PKEY_RSA_PAD_MODE_PKCSV15) == 0 ? RSA_PKCS1_PADDING : 0;
	else if (!OSSL_PARAM_get_int(p, &mode))
		return 0;
	s->req.pss = mode == RSA_PKCS1_PSS_PADDING;
	return mode == RSA_PKCS1_PSS_PADDING || mode == RSA_PKCS1_PADDING;
}

/* TLS has no other salts. */
static int
set_salt(const OSSL_PARAM *p)
{
	int n;

	if (p->data_type == OSSL_PARAM_UTF8_STRING)
		return strcmp(p->data, OSSL_PKEY_RSA_PSS_SALT_LEN_DIGEST) == 0;
	return OSSL_PARAM_get_int(p, &n) && n == RSA_PSS_SALTLEN_DIGEST;
}

static int
signing_set(void *ctx, const OSSL_PARAM params[])
{
	const OSSL_PARAM *padding = params == NULL ? NULL : OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PAD_MODE),
	    *salt = params == NULL ? NULL : OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PSS_SALTLEN);

	return (padding == NULL || set_padding(ctx, padding)) && (salt == NULL || set_salt(salt));
}

static const OSSL_PARAM *
signing_settable(void *ctx, void *provctx)
{
	static const OSSL_PARAM all[] = {
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, NULL, 0), OSSL_PARAM_END,
	};

	(void)ctx;
	(void)provctx;
	return all;
}

static int
signing_begin(void *ctx, const char *digest, void *keydata, const OSSL_PARAM params[])
{
	struct signing *s = ctx;
	struct key *k = keydata;
	enum tls_digest with = tls_digest_of(digest == NULL ? "" : digest);

	if (k == NULL || k->home == NULL || with == TLS_DIGESTS)
		return 0;
	atomic_fetch_add(&k->refs, 1);
	key_free(s->key);
	s->key = k;
	s->req = (struct remote_request){ .slot = k->slot, .pss = strcmp(k->type, "RSA-PSS") == 0, .digest = with };
	return signing_set(s, params);
}

static int
signing_sign(void *ctx, unsigned char *sig, size_t *ret_n, size_t size, const unsigned char *message, size_t n)
{
	struct signing *s = ctx;
	struct remote_request req = s->req;

	if (sig == NULL) {
		*ret_n = (size_t)EVP_PKEY_get_size(s->key->pub);
		return 1;
	}
	req.data = message;
	req.n = n;
	if (s->key->home->sign == NULL)
		return 0;
	*ret_n = s->key->home->sign(s->key->home->arg, &req, sig, size);
	return *ret_n > 0;
}

static const OSSL_DISPATCH signing_functions[] = {
	FN(OSSL_FUNC_SIGNATURE_NEWCTX, signing_new), FN(OSSL_FUNC_SIGNATURE_FREECTX, signing_free),
	FN(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, signing_begin), FN(OSSL_FUNC_SIGNATURE_DIGEST_SIGN, signing_sign),
	FN(OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, signing_set),
	FN(OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, signing_settable), { 0, NULL },
};

static const OSSL_ALGORITHM signings[] = {
	{ "RSA", PROPERTY, signing_functions, NULL }, { "ECDSA", PROPERTY, signing_functions, NULL },
	{ "ED25519", PROPERTY, signing_functions, NULL }, { NULL, NULL, NULL, NULL },
};

/* --- the provider ----------------------------------------------------------------------------- */

static const OSSL_ALGORITHM *
provider_query(void *provctx, int operation, int *no_cache)
{
	(void)provctx;
	*no_cache = 0;
	return operation == OSSL_OP_KEYMGMT ? key_kinds : operation == OSSL_OP_SIGNATURE ? signings : NULL;
}

static int
provider_init(const OSSL_CORE_HANDLE *core, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out, void **provctx)
{
	static const OSSL_DISPATCH functions[] = { FN(OSSL_FUNC_PROVIDER_QUERY_OPERATION, provider_query), { 0, NULL } };

	(void)in;
	*out = functions;
	*provctx = (void *)core;	/* of no use, but must be something */
	return 1;
}

int
remotekeys_new(struct remotekeys **ret)
{
	struct remotekeys *r = calloc(1, sizeof *r);

	if (r == NULL)
		return -ENOMEM;
	if ((r->lib = OSSL_LIB_CTX_new()) == NULL || !OSSL_PROVIDER_add_builtin(r->lib, PROVIDER, provider_init) ||
	    (r->provider = OSSL_PROVIDER_load(r->lib, PROVIDER)) == NULL) {
		remotekeys_free(r);
		return -ENOMEM;
	}
	*ret = r;
	return 0;
}

void
remotekeys_free(struct remotekeys *r)
{
	if (r == NULL)
		return;
	if (r->provider != NULL)
		OSSL_PROVIDER_unload(r->provider);
	OSSL_LIB_CTX_free(r->lib);
	free(r);
}

void
remotekeys_set_signer(struct remotekeys *r, remote_sign sign, void *arg)
{
	r->sign = sign;
	r->arg = arg;
}

static const char *
kind_of(const EVP_PKEY *key)
{
	static const char *const kinds[] = { "RSA", "RSA-PSS", "EC", "ED25519" };

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (EVP_PKEY_is_a(key, kinds[i]))
			return kinds[i];
	return NULL;
}

int
remotekey_can(const EVP_PKEY *key)
{
	return kind_of(key) != NULL;
}

int
remotekey_new(struct remotekeys *r, uint32_t slot, const uint8_t *spki, size_t n, EVP_PKEY **ret)
{
	const uint8_t *at = spki;
	EVP_PKEY *pub = d2i_PUBKEY(NULL, &at, (long)n);
	const char *kind = pub == NULL ? NULL : kind_of(pub);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(P_SPKI, (void *)spki, n), OSSL_PARAM_construct_octet_string(P_HOME, &r, sizeof r),
		OSSL_PARAM_construct_uint32(P_SLOT, &slot), OSSL_PARAM_construct_end(),
	};
	EVP_PKEY_CTX *c = kind == NULL ? NULL : EVP_PKEY_CTX_new_from_name(r->lib, kind, NULL);
	EVP_PKEY *key = NULL;

	if (c != NULL && EVP_PKEY_fromdata_init(c) == 1 && EVP_PKEY_fromdata(c, &key, EVP_PKEY_KEYPAIR, params) == 1)
		*ret = key;
	EVP_PKEY_CTX_free(c);
	EVP_PKEY_free(pub);
	return key == NULL ? E_UNSUPPORTED : 0;
}
