#include <openssl/ocsp.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "t/unit/unit.h"
#include "tunnel/tls/ocsp.h"

enum { DAY = 86400 };

static EVP_PKEY *key;
static X509 *ca, *cert;
static X509_STORE *store;
static STACK_OF(X509) *chain;
static struct ocsp_query *query;

static X509 *
new_cert(long serial, const char *subject, int is_ca)
{
	X509_EXTENSION *basic = X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, is_ca ? "critical,CA:TRUE" : "CA:FALSE");
	X509 *c = X509_new();

	X509_set_version(c, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(c), serial);
	X509_gmtime_adj(X509_getm_notBefore(c), -30 * DAY);
	X509_gmtime_adj(X509_getm_notAfter(c), DAY);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(c), "CN", MBSTRING_ASC, (const unsigned char *)subject, -1, -1, 0);
	X509_NAME_add_entry_by_txt(X509_get_issuer_name(c), "CN", MBSTRING_ASC, (const unsigned char *)"ca", -1, -1, 0);
	X509_set_pubkey(c, key);
	X509_add_ext(c, basic, -1);
	X509_EXTENSION_free(basic);
	ck_assert_int_gt(X509_sign(c, key, EVP_sha256()), 0);
	return c;
}

static void
setup(void)
{
	key = EVP_EC_gen("P-256");
	ca = new_cert(1, "ca", 1);
	cert = new_cert(2, "client", 0);
	store = X509_STORE_new();
	ck_assert_int_eq(X509_STORE_add_cert(store, ca), 1);
	chain = sk_X509_new_null();
	sk_X509_push(chain, ca);
	ck_assert_int_eq(ocsp_query_new(cert, ca, 0, &query), 0);
}

static void
teardown(void)
{
	ocsp_query_free(query);
	sk_X509_free(chain);
	X509_STORE_free(store);
	X509_free(cert);
	X509_free(ca);
	EVP_PKEY_free(key);
}

/* What is said of an answer "good" of that age (s) that holds for so many more (0: it does not say). */
static enum ocsp_verdict
judged(long age, long holds)
{
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	ASN1_TIME *this = X509_gmtime_adj(NULL, -age), *next = holds == 0 ? NULL : X509_gmtime_adj(NULL, holds);
	OCSP_CERTID *id = OCSP_cert_to_id(NULL, cert, ca);
	OCSP_RESPONSE *r;
	unsigned char *bytes = NULL;
	const char *why = "";
	enum ocsp_verdict v;
	int n;

	ck_assert_ptr_nonnull(OCSP_basic_add1_status(basic, id, V_OCSP_CERTSTATUS_GOOD, 0, NULL, this, next));
	ck_assert_int_eq(OCSP_basic_sign(basic, ca, key, EVP_sha256(), NULL, 0), 1);
	r = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
	n = i2d_OCSP_RESPONSE(r, &bytes);
	v = ocsp_judge(query, bytes, (size_t)n, store, chain, 0, 0, &why);
	OPENSSL_free(bytes);
	OCSP_RESPONSE_free(r);
	OCSP_BASICRESP_free(basic);
	OCSP_CERTID_free(id);
	ASN1_TIME_free(this);
	ASN1_TIME_free(next);
	return v;
}

static const struct { long age, holds; enum ocsp_verdict v; } answers[] = {
	{ 10, 600, OCSP_GOOD }, { 20 * DAY, 600, OCSP_GOOD }, { 10, 0, OCSP_GOOD }, { OCSP_AGE_MAX - 60, 0, OCSP_GOOD },
	{ OCSP_AGE_MAX + 600, 0, OCSP_NOTHING }, { 20 * DAY, 0, OCSP_NOTHING }, { 2 * DAY, -DAY, OCSP_NOTHING },
};

START_TEST(an_answer_without_an_end_grows_old)
{
	ck_assert_msg(judged(answers[_i].age, answers[_i].holds) == answers[_i].v, "row %d", _i);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tunnel/ocsp");
	TCase *t = tcase_create("ocsp");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, an_answer_without_an_end_grows_old, 0, (int)(sizeof answers / sizeof *answers));
	suite_add_tcase(s, t);
	return unit_main(s);
}
