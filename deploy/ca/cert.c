#include "deploy/ca/cert.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "lib/err.h"
#include "lib/num.h"

enum { STRENGTH_MIN = 112 };	/* bits, as NIST SP 800-57 counts: RSA of 2048 */

static int
no_password(char *buf, int size, int rw, void *arg)
{
	(void)buf, (void)size, (void)rw, (void)arg;
	return 0;	/* never ask the terminal */
}

/* n bytes of DER at der, which are wiped and freed. */
static int
keep_der(struct buf *b, unsigned char *der, int n)
{
	if (n > 0)
		buf_put(b, der, (size_t)n);
	OPENSSL_clear_free(der, n > 0 ? (size_t)n : 0);
	ERR_clear_error();
	return n > 0 && b->err == 0 ? 0 : -ENOMEM;
}

/* What a memory BIO holds; good: it was written.  Frees it. */
static int
keep_bio(struct buf *b, BIO *mem, int good)
{
	char *text = NULL;
	long n = mem == NULL ? 0 : BIO_get_mem_data(mem, &text);

	if (good && n > 0)
		buf_put(b, text, (size_t)n);
	BIO_free(mem);
	ERR_clear_error();
	return good && n > 0 && b->err == 0 ? 0 : -ENOMEM;
}

/* --- keys --------------------------------------------------------------------------------------- */

EVP_PKEY *
cert_key_new(enum cert_algorithm algorithm)
{
	return algorithm == CERT_ED25519 ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519") : EVP_EC_gen("P-256");
}

void
cert_key_free(EVP_PKEY *key)
{
	EVP_PKEY_free(key);
}

EVP_PKEY *
cert_key_read(const void *pem, size_t n)
{
	BIO *mem = BIO_new_mem_buf(pem, (int)n);
	EVP_PKEY *key = mem == NULL ? NULL : PEM_read_bio_PrivateKey(mem, NULL, no_password, NULL);

	BIO_free(mem);
	ERR_clear_error();
	return key;
}

int
cert_key_put(EVP_PKEY *key, struct buf *ret)
{
	BIO *mem = BIO_new(BIO_s_secmem());

	return keep_bio(ret, mem, mem != NULL && PEM_write_bio_PKCS8PrivateKey(mem, key, NULL, NULL, 0, NULL, NULL) == 1);
}

int
cert_key_der(EVP_PKEY *key, struct buf *ret)
{
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
	unsigned char *der = NULL;
	int n = info == NULL ? 0 : i2d_PKCS8_PRIV_KEY_INFO(info, &der);

	PKCS8_PRIV_KEY_INFO_free(info);
	return keep_der(ret, der, n);
}

int
cert_key_public_der(EVP_PKEY *key, struct buf *ret)
{
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(key, &der);

	return keep_der(ret, der, n);
}

/* What comes before the point of P-256, uncompressed, and before Ed25519's (RFC 5480, RFC 8410): the parser gets no other form. */
EVP_PKEY *
cert_key_public(const uint8_t *der, size_t n)
{
	static const uint8_t p256[] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
	    0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04 };
	static const uint8_t ed25519[] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00 };
	const unsigned char *at = der;
	EVP_PKEY *key = NULL;

	if ((n == sizeof p256 + 64 && memcmp(der, p256, sizeof p256) == 0) || (n == sizeof ed25519 + 32 && memcmp(der, ed25519, sizeof ed25519) == 0))
		key = d2i_PUBKEY(NULL, &at, (long)n);
	ERR_clear_error();
	return key;
}

static X509_REQ *
request_read(const void *bytes, size_t n)
{
	const unsigned char *at = bytes;
	BIO *mem = BIO_new_mem_buf(bytes, (int)n);
	X509_REQ *q = mem == NULL ? NULL : PEM_read_bio_X509_REQ(mem, NULL, no_password, NULL);

	BIO_free(mem);
	if (q == NULL && (q = d2i_X509_REQ(NULL, &at, (long)n)) != NULL && at != (const unsigned char *)bytes + n) {
		X509_REQ_free(q);
		q = NULL;
	}
	return q;
}

/* One common name, which is this one: a NUL inside, or a second one, could be read otherwise elsewhere. */
static int
has_cn(const X509_NAME *name, const char *cn)
{
	int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
	const ASN1_STRING *text;

	if (at < 0 || X509_NAME_get_index_by_NID(name, NID_commonName, at) >= 0)
		return 0;
	text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
	return (size_t)ASN1_STRING_length(text) == strlen(cn) && memcmp(ASN1_STRING_get0_data(text), cn, strlen(cn)) == 0;
}

int
cert_request(const void *bytes, size_t n, const char *cn, EVP_PKEY **ret)
{
	X509_REQ *q = n > CERT_PEM_MAX ? NULL : request_read(bytes, n);
	EVP_PKEY *key = q == NULL ? NULL : X509_REQ_get_pubkey(q);
	int r = 0;

	if (key == NULL)
		r = E_FORMAT;
	else if (X509_REQ_verify(q, key) != 1 || EVP_PKEY_get_security_bits(key) < STRENGTH_MIN ||
	    (cn != NULL && !has_cn(X509_REQ_get_subject_name(q), cn)))
		r = E_DENIED;
	X509_REQ_free(q);
	ERR_clear_error();
	if (r == 0)
		*ret = key;
	else
		EVP_PKEY_free(key);
	return r;
}

/* --- certificates, in and out ------------------------------------------------------------------- */

void
cert_free(X509 *x)
{
	X509_free(x);
}

X509 *
cert_read(const void *pem, size_t n)
{
	BIO *mem = BIO_new_mem_buf(pem, (int)n);
	X509 *x = mem == NULL ? NULL : PEM_read_bio_X509(mem, NULL, no_password, NULL);

	BIO_free(mem);
	ERR_clear_error();
	return x;
}

int
cert_put(X509 *x, struct buf *ret)
{
	BIO *mem = BIO_new(BIO_s_mem());

	return keep_bio(ret, mem, mem != NULL && PEM_write_bio_X509(mem, x) == 1);
}

int
cert_der(X509 *x, struct buf *ret)
{
	unsigned char *der = NULL;
	int n = i2d_X509(x, &der);

	return keep_der(ret, der, n);
}

/* --- names in certificates ---------------------------------------------------------------------- */

/* Built from values, not from a configuration text that a name could break out of. */
static GENERAL_NAME *
general_name(int type, ASN1_STRING *value)
{
	GENERAL_NAME *name = value == NULL ? NULL : GENERAL_NAME_new();

	if (name == NULL)
		ASN1_STRING_free(value);
	else
		GENERAL_NAME_set0_value(name, type, value);
	return name;
}

static ASN1_STRING *
string_of(int type, const void *bytes, size_t n)
{
	ASN1_STRING *s = ASN1_STRING_type_new(type);

	if (s != NULL && ASN1_STRING_set(s, bytes, (int)n) == 1)
		return s;
	ASN1_STRING_free(s);
	return NULL;
}

static GENERAL_NAME *
name_of(const char *text)
{
	if (names_is_address(text))
		return general_name(GEN_IPADD, a2i_IPADDRESS(text));
	return general_name(GEN_DNS, string_of(V_ASN1_IA5STRING, text, strlen(text)));
}

static int
push_name(GENERAL_NAMES *all, GENERAL_NAME *name)
{
	if (name != NULL && sk_GENERAL_NAME_push(all, name) > 0)
		return 1;
	GENERAL_NAME_free(name);
	return 0;
}

static int
add_names(X509 *x, const struct cert_want *w)
{
	size_t n = w->names == NULL ? 0 : w->names->n;
	GENERAL_NAMES *all = GENERAL_NAMES_new();
	int good = all != NULL;

	for (size_t i = 0; i < n && good; i++)
		good = push_name(all, name_of(w->names->v[i]));
	if (good && w->email != NULL)
		good = push_name(all, general_name(GEN_EMAIL, string_of(V_ASN1_IA5STRING, w->email, strlen(w->email))));
	if (good && sk_GENERAL_NAME_num(all) > 0)
		good = X509_add1_ext_i2d(x, NID_subject_alt_name, all, 0, X509V3_ADD_DEFAULT) == 1;
	GENERAL_NAMES_free(all);
	return good;
}

/* --- constraints -------------------------------------------------------------------------------- */

/* "192.0.2.0/24" as an address and its mask: 8 or 32 bytes into dst; 0: it is none. */
static size_t
network_bytes(const char *text, uint8_t dst[32])
{
	char address[INET6_ADDRSTRLEN];
	const char *slash = strchr(text, '/');
	int six = strchr(text, ':') != NULL;
	size_t n = six ? 16 : 4;
	int64_t bits;

	if (slash == NULL || (size_t)(slash - text) >= sizeof address || num_parse(slash + 1, 0, six ? 128 : 32, &bits) != 0)
		return 0;
	snprintf(address, sizeof address, "%.*s", (int)(slash - text), text);
	if (inet_pton(six ? AF_INET6 : AF_INET, address, dst) != 1)
		return 0;
	for (size_t i = 0; i < n; i++, bits -= bits > 8 ? 8 : bits) {
		dst[n + i] = bits >= 8 ? 0xff : (uint8_t)(0xff00 >> bits);
		dst[i] &= dst[n + i];
	}
	return 2 * n;
}

/* A host name, behind a dot or not. */
static int
is_domain(const char *text)
{
	struct names one = { .n = 0 };

	return names_add(&one, text[0] == '.' ? text + 1 : text) == 0 && !names_is_address(one.v[0]);
}

static GENERAL_NAME *
constraint_name(const char *text)
{
	uint8_t network[32];
	size_t n;

	if (strncmp(text, "dns:", 4) == 0 && is_domain(text + 4))
		return general_name(GEN_DNS, string_of(V_ASN1_IA5STRING, text + 4, strlen(text + 4)));
	if (strncmp(text, "email:", 6) == 0 && is_domain(text + 6))
		return general_name(GEN_EMAIL, string_of(V_ASN1_IA5STRING, text + 6, strlen(text + 6)));
	if (strncmp(text, "ip:", 3) == 0 && (n = network_bytes(text + 3, network)) > 0)
		return general_name(GEN_IPADD, string_of(V_ASN1_OCTET_STRING, network, n));
	return NULL;
}

int
cert_constraint(const char *text)
{
	GENERAL_NAME *name = constraint_name(text);

	GENERAL_NAME_free(name);
	return name == NULL ? E_FORMAT : 0;
}

static int
push_subtree(STACK_OF(GENERAL_SUBTREE) **all, GENERAL_NAME *name)
{
	GENERAL_SUBTREE *tree = name == NULL ? NULL : GENERAL_SUBTREE_new();

	if (tree == NULL || (*all == NULL && (*all = sk_GENERAL_SUBTREE_new_null()) == NULL) || sk_GENERAL_SUBTREE_push(*all, tree) <= 0) {
		GENERAL_SUBTREE_free(tree);
		GENERAL_NAME_free(name);
		return 0;
	}
	GENERAL_NAME_free(tree->base);
	tree->base = name;
	return 1;
}

static int
has_constraint(const struct cert_want *w, const char *kind)
{
	for (size_t i = 0; i < w->n_constraints; i++)
		if (strncmp(w->constraints[i], kind, strlen(kind)) == 0)
			return 1;
	return 0;
}

/* RFC 5280 4.2.1.10 constrains only kinds that are named: what no constraint names is excluded as a whole. */
static int
add_constraints(X509 *x, const struct cert_want *w)
{
	static const uint8_t every_address[32] = { 0 };
	NAME_CONSTRAINTS *c = w->n_constraints == 0 ? NULL : NAME_CONSTRAINTS_new();
	int good = c != NULL;

	if (w->n_constraints == 0)
		return 1;
	for (size_t i = 0; i < w->n_constraints && good; i++)
		good = push_subtree(&c->permittedSubtrees, constraint_name(w->constraints[i]));
	if (good && !has_constraint(w, "ip:"))
		good = push_subtree(&c->excludedSubtrees, general_name(GEN_IPADD, string_of(V_ASN1_OCTET_STRING, every_address, 8))) &&
		    push_subtree(&c->excludedSubtrees, general_name(GEN_IPADD, string_of(V_ASN1_OCTET_STRING, every_address, 32)));
	if (good && !has_constraint(w, "dns:"))
		good = push_subtree(&c->excludedSubtrees, general_name(GEN_DNS, string_of(V_ASN1_IA5STRING, "", 0)));
	good = good && X509_add1_ext_i2d(x, NID_name_constraints, c, 1, X509V3_ADD_DEFAULT) == 1;
	NAME_CONSTRAINTS_free(c);
	return good;
}

/* --- making certificates ------------------------------------------------------------------------ */

static int
add_ext(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *ext;
	X509V3_CTX ctx;
	int good;

	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	if ((ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value)) == NULL)
		return 0;
	good = X509_add_ext(x, ext, -1);
	X509_EXTENSION_free(ext);
	return good;
}

static int
set_serial(X509 *x)
{
	unsigned char bytes[16];
	BIGNUM *n;
	int good;

	if (RAND_bytes(bytes, sizeof bytes) != 1)
		return 0;
	bytes[0] = (unsigned char)((bytes[0] & 0x3f) | 0x40);	/* positive, always 16 bytes */
	n = BN_bin2bn(bytes, sizeof bytes, NULL);
	good = n != NULL && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)) != NULL;
	BN_free(n);
	return good;
}

static int
set_times(X509 *x, const struct cert_want *w)
{
	time_t now = (time_t)w->now;

	return X509_time_adj_ex(X509_getm_notBefore(x), 0, -CERT_EARLY, &now) != NULL &&
	    X509_time_adj_ex(X509_getm_notAfter(x), w->days, 0, &now) != NULL;
}

/* Everything that both kinds have. */
static X509 *
blank(EVP_PKEY *key, const struct cert_want *w)
{
	char text[65];
	X509_NAME *name;
	X509 *x = X509_new();

	snprintf(text, sizeof text, "%s", w->cn);
	if (x != NULL && X509_set_version(x, X509_VERSION_3) && set_serial(x) && set_times(x, w) && X509_set_pubkey(x, key) &&
	    (name = X509_get_subject_name(x)) != NULL &&
	    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)text, -1, -1, 0))
		return x;
	X509_free(x);
	return NULL;
}

/* Ed25519 has its digest built in. */
static const EVP_MD *
digest_for(const EVP_PKEY *key)
{
	return EVP_PKEY_get_id(key) == EVP_PKEY_ED25519 ? NULL : EVP_sha256();
}

static X509 *
finish(X509 *x, EVP_PKEY *key, int good)
{
	good = good && X509_sign(x, key, digest_for(key)) > 0;
	ERR_clear_error();
	if (good)
		return x;
	X509_free(x);
	return NULL;
}

X509 *
cert_authority_new(EVP_PKEY *key, const struct cert_want *w)
{
	X509 *x = blank(key, w);

	if (x == NULL)
		return NULL;
	return finish(x, key, X509_set_issuer_name(x, X509_get_subject_name(x)) &&
	    add_ext(x, x, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
	    add_ext(x, x, NID_key_usage, "critical,keyCertSign,cRLSign") && add_ext(x, x, NID_subject_key_identifier, "hash") &&
	    add_constraints(x, w));
}

/* A certificate that outlives its authority is one that nobody can check. */
static int
end_with(X509 *x, const X509 *ca)
{
	int days, seconds;

	if (ASN1_TIME_diff(&days, &seconds, X509_get0_notAfter(ca), X509_get0_notAfter(x)) != 1)
		return 0;
	return (days <= 0 && seconds <= 0) || X509_set1_notAfter(x, X509_get0_notAfter(ca)) == 1;
}

X509 *
cert_new(const struct cert_issuer *by, EVP_PKEY *key, const struct cert_want *w)
{
	X509 *x = blank(key, w);

	if (x == NULL)
		return NULL;
	return finish(x, by->key, X509_set_issuer_name(x, X509_get_subject_name(by->cert)) &&
	    add_ext(x, by->cert, NID_basic_constraints, "critical,CA:FALSE") &&
	    add_ext(x, by->cert, NID_key_usage, "critical,digitalSignature") &&
	    add_ext(x, by->cert, NID_ext_key_usage, w->kind == CERT_SERVER ? "serverAuth" : "clientAuth") &&
	    add_ext(x, by->cert, NID_subject_key_identifier, "hash") &&
	    add_ext(x, by->cert, NID_authority_key_identifier, "keyid:always") && add_names(x, w) && end_with(x, by->cert));
}

/* The key's identifier goes with the key. */
static int
set_key(X509 *x, const struct cert_issuer *by, EVP_PKEY *key)
{
	int at = X509_get_ext_by_NID(x, NID_subject_key_identifier, -1);

	if (at >= 0)
		X509_EXTENSION_free(X509_delete_ext(x, at));
	return X509_set_pubkey(x, key) && add_ext(x, by->cert, NID_subject_key_identifier, "hash");
}

X509 *
cert_again(const struct cert_issuer *by, X509 *old, EVP_PKEY *key, const struct cert_want *w)
{
	X509 *x = X509_dup(old);

	return x == NULL ? NULL : finish(x, by->key, set_serial(x) && set_times(x, w) && end_with(x, by->cert) &&
	    (key == NULL || set_key(x, by, key)));
}

/* --- reading certificates ----------------------------------------------------------------------- */

int
cert_verify(const struct cert_issuer *by, X509 *x, enum cert_kind kind, int64_t now, const char **ret_why)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	int r = -ENOMEM, error = X509_V_ERR_OUT_OF_MEM;

	if (store != NULL && ctx != NULL && X509_STORE_add_cert(store, by->cert) == 1 && X509_STORE_CTX_init(ctx, store, x, NULL) == 1) {
		X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(ctx), (time_t)now);
		X509_STORE_CTX_set_purpose(ctx, kind == CERT_SERVER ? X509_PURPOSE_SSL_SERVER : X509_PURPOSE_SSL_CLIENT);
		r = X509_verify_cert(ctx) == 1 ? 0 : E_VERIFY;
		error = X509_STORE_CTX_get_error(ctx);
	}
	if (r != 0)
		*ret_why = X509_verify_cert_error_string(error);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	ERR_clear_error();
	return r == 0 ? 0 : E_VERIFY;
}

bool
cert_is_of(const struct cert_issuer *by, X509 *x)
{
	bool ours = X509_check_issued(by->cert, x) == X509_V_OK && X509_verify(x, by->key) == 1;

	ERR_clear_error();
	return ours;
}

bool
cert_has_key(X509 *x, EVP_PKEY *key)
{
	bool has = X509_check_private_key(x, key) == 1;

	ERR_clear_error();
	return has;
}

bool
cert_has_name(X509 *x, const char *name)
{
	if (names_is_address(name))
		return X509_check_ip_asc(x, name, 0) == 1;
	return X509_check_host(x, name, 0, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, NULL) == 1;
}

static int64_t
seconds_of(const ASN1_TIME *t)
{
	struct tm tm;

	return t != NULL && ASN1_TIME_to_tm(t, &tm) == 1 ? (int64_t)timegm(&tm) : INT64_MIN;
}

int64_t
cert_begins(const X509 *x)
{
	return seconds_of(X509_get0_notBefore(x));
}

int64_t
cert_ends(const X509 *x)
{
	return seconds_of(X509_get0_notAfter(x));
}

int
cert_serial(X509 *x, char dst[CERT_SERIAL_SIZE])
{
	BIGNUM *n = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x), NULL);
	char *hex = n == NULL || BN_is_negative(n) ? NULL : BN_bn2hex(n);
	int r = hex != NULL && strlen(hex) < CERT_SERIAL_SIZE ? 0 : -EIO;

	if (r == 0)
		strcpy(dst, hex);
	OPENSSL_free(hex);
	BN_free(n);
	return r;
}

int
cert_pin(X509 *x, uint8_t dst[CERT_PIN_SIZE])
{
	unsigned char *der = NULL;
	unsigned n = 0;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);

	if (len > 0 && EVP_Digest(der, (size_t)len, dst, &n, EVP_sha256(), NULL) != 1)
		n = 0;
	OPENSSL_free(der);
	return n == CERT_PIN_SIZE ? 0 : -EIO;
}

/* --- revocation lists --------------------------------------------------------------------------- */

static int
add_revoked(X509_CRL *crl, const struct cert_revoked *one)
{
	X509_REVOKED *r = X509_REVOKED_new();
	ASN1_INTEGER *serial = NULL;
	ASN1_TIME *at = ASN1_TIME_set(NULL, (time_t)one->at);
	BIGNUM *n = NULL;
	int status = -ENOMEM;

	if (one->serial[0] == '\0' || (size_t)BN_hex2bn(&n, one->serial) != strlen(one->serial))
		status = E_FORMAT;
	else if (r != NULL && at != NULL && (serial = BN_to_ASN1_INTEGER(n, NULL)) != NULL && X509_REVOKED_set_serialNumber(r, serial) == 1 &&
	    X509_REVOKED_set_revocationDate(r, at) == 1 && X509_CRL_add0_revoked(crl, r) == 1)
		status = 0;
	if (status != 0)
		X509_REVOKED_free(r);
	ASN1_INTEGER_free(serial);
	ASN1_TIME_free(at);
	BN_free(n);
	return status;
}

static int
add_crl_exts(X509_CRL *crl, X509 *issuer, int64_t number)
{
	ASN1_INTEGER *n = ASN1_INTEGER_new();
	X509_EXTENSION *id;
	X509V3_CTX ctx;
	int good;

	X509V3_set_ctx(&ctx, issuer, NULL, NULL, crl, 0);
	id = X509V3_EXT_conf_nid(NULL, &ctx, NID_authority_key_identifier, "keyid:always");
	good = id != NULL && X509_CRL_add_ext(crl, id, -1) == 1 && n != NULL && ASN1_INTEGER_set_int64(n, number) == 1 &&
	    X509_CRL_add1_ext_i2d(crl, NID_crl_number, n, 0, X509V3_ADD_DEFAULT) == 1;
	X509_EXTENSION_free(id);
	ASN1_INTEGER_free(n);
	return good;
}

static int
set_crl_times(X509_CRL *crl, const struct cert_crl *c)
{
	ASN1_TIME *made = ASN1_TIME_set(NULL, (time_t)c->made), *due = ASN1_TIME_set(NULL, (time_t)c->due);
	int good = made != NULL && due != NULL && X509_CRL_set1_lastUpdate(crl, made) == 1 && X509_CRL_set1_nextUpdate(crl, due) == 1;

	ASN1_TIME_free(made);
	ASN1_TIME_free(due);
	return good;
}

int
cert_crl_put(const struct cert_issuer *by, const struct cert_revoked *v, size_t n, const struct cert_crl *c, struct buf *ret)
{
	X509_CRL *crl = X509_CRL_new();
	BIO *mem = BIO_new(BIO_s_mem());
	int r = -ENOMEM;

	if (crl != NULL && X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1 &&
	    X509_CRL_set_issuer_name(crl, X509_get_subject_name(by->cert)) == 1 && set_crl_times(crl, c))
		r = 0;
	for (size_t i = 0; i < n && r == 0; i++)
		r = add_revoked(crl, &v[i]);
	if (r == 0 && (!add_crl_exts(crl, by->cert, c->number) || X509_CRL_sort(crl) != 1 ||
	    X509_CRL_sign(crl, by->key, digest_for(by->key)) <= 0))
		r = -ENOMEM;
	if (r == 0)
		r = keep_bio(ret, mem, mem != NULL && PEM_write_bio_X509_CRL(mem, crl) == 1);
	else
		BIO_free(mem);
	X509_CRL_free(crl);
	ERR_clear_error();
	return r;
}

int
cert_crl_read(const struct cert_issuer *by, const void *pem, size_t n, struct cert_crl *ret)
{
	BIO *mem = BIO_new_mem_buf(pem, (int)n);
	X509_CRL *crl = mem == NULL ? NULL : PEM_read_bio_X509_CRL(mem, NULL, no_password, NULL);
	ASN1_INTEGER *number = crl == NULL ? NULL : X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL);
	int r = 0;

	if (number == NULL || ASN1_INTEGER_get_int64(&ret->number, number) != 1) {
		r = E_FORMAT;
	} else if (X509_CRL_verify(crl, by->key) != 1) {
		r = E_VERIFY;
	} else {
		ret->made = seconds_of(X509_CRL_get0_lastUpdate(crl));
		ret->due = seconds_of(X509_CRL_get0_nextUpdate(crl));
	}
	ASN1_INTEGER_free(number);
	X509_CRL_free(crl);
	BIO_free(mem);
	ERR_clear_error();
	return r;
}
