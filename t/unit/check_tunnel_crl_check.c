#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "t/unit/unit.h"
#include "tunnel/tls/crl_check.h"

enum { SERIAL = 77, DAY = 86400 };

static EVP_PKEY *ca_key, *other_key;
static X509 *ca;
static X509_STORE *store;

static EVP_PKEY *
new_key(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");

	ck_assert_ptr_nonnull(key);
	return key;
}

static X509 *
new_cert(long serial, const char *subject, EVP_PKEY *key, int is_ca)
{
	X509_EXTENSION *basic = X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, is_ca ? "critical,CA:TRUE" : "CA:FALSE");
	X509 *cert = X509_new();

	X509_set_version(cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), serial);
	X509_gmtime_adj(X509_getm_notBefore(cert), -DAY);
	X509_gmtime_adj(X509_getm_notAfter(cert), DAY);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC, (const unsigned char *)subject, -1, -1, 0);
	X509_NAME_add_entry_by_txt(X509_get_issuer_name(cert), "CN", MBSTRING_ASC, (const unsigned char *)"ca", -1, -1, 0);
	X509_set_pubkey(cert, key);
	X509_add_ext(cert, basic, -1);
	X509_EXTENSION_free(basic);
	ck_assert_int_gt(X509_sign(cert, ca_key, EVP_sha256()), 0);
	return cert;
}

/* One list, of one number, said to be the authority's. */
static STACK_OF(X509_CRL) *
list_of(long serial, EVP_PKEY *signer)
{
	STACK_OF(X509_CRL) *all = sk_X509_CRL_new_null();
	X509_CRL *crl = X509_CRL_new();
	X509_REVOKED *entry = X509_REVOKED_new();
	ASN1_INTEGER *number = ASN1_INTEGER_new();
	ASN1_TIME *t = X509_gmtime_adj(NULL, -60);

	X509_CRL_set_version(crl, X509_CRL_VERSION_2);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca));
	X509_CRL_set1_lastUpdate(crl, t);
	X509_gmtime_adj(t, DAY);
	X509_CRL_set1_nextUpdate(crl, t);
	X509_gmtime_adj(t, -60);
	ASN1_INTEGER_set(number, serial);
	X509_REVOKED_set_serialNumber(entry, number);
	X509_REVOKED_set_revocationDate(entry, t);
	X509_CRL_add0_revoked(crl, entry);
	ck_assert_int_gt(X509_CRL_sign(crl, signer, EVP_sha256()), 0);
	sk_X509_CRL_push(all, crl);
	ASN1_INTEGER_free(number);
	ASN1_TIME_free(t);
	return all;
}

static void
setup(void)
{
	ca_key = new_key();
	other_key = new_key();
	ca = new_cert(1, "ca", ca_key, 1);
	store = X509_STORE_new();
	ck_assert_int_eq(X509_STORE_add_cert(store, ca), 1);
}

static void
teardown(void)
{
	X509_STORE_free(store);
	X509_free(ca);
	EVP_PKEY_free(ca_key);
	EVP_PKEY_free(other_key);
}

static int
checked(X509_STORE *known, long listed, EVP_PKEY *signer)
{
	STACK_OF(X509_CRL) *lists = list_of(listed, signer);
	X509 *cert = new_cert(SERIAL, "client", other_key, 0);
	int r = crl_check(known, lists, cert, NULL);

	X509_free(cert);
	sk_X509_CRL_pop_free(lists, X509_CRL_free);
	return r;
}

START_TEST(who_is_on_a_list_is_revoked)
{
	ck_assert_int_eq(checked(store, SERIAL, ca_key), 1);
}
END_TEST

START_TEST(who_is_not_is_not)
{
	ck_assert_int_eq(checked(store, SERIAL + 1, ca_key), 0);
}
END_TEST

/* An authority that was renewed under the same name begins to count again. */
START_TEST(a_list_by_another_of_that_name_does_not_count)
{
	ck_assert_int_eq(checked(store, SERIAL, other_key), 0);
}
END_TEST

/* It is beside the right one, before or behind it. */
START_TEST(a_forged_list_hides_no_other)
{
	STACK_OF(X509_CRL) *lists = list_of(SERIAL, _i ? ca_key : other_key), *more = list_of(SERIAL, _i ? other_key : ca_key);
	X509 *cert = new_cert(SERIAL, "client", other_key, 0);

	sk_X509_CRL_push(lists, sk_X509_CRL_pop(more));
	ck_assert_int_eq(crl_check(store, lists, cert, NULL), 1);
	X509_free(cert);
	sk_X509_CRL_free(more);
	sk_X509_CRL_pop_free(lists, X509_CRL_free);
}
END_TEST

START_TEST(a_list_of_an_unknown_authority_counts)
{
	X509_STORE *empty = X509_STORE_new();

	ck_assert_int_eq(checked(empty, SERIAL, ca_key), 1);
	X509_STORE_free(empty);
}
END_TEST

START_TEST(a_store_tells_its_lists)
{
	STACK_OF(X509_CRL) *in = list_of(SERIAL, ca_key), *out;

	ck_assert_ptr_null(crl_check_lists(store));
	ck_assert_int_eq(X509_STORE_add_crl(store, sk_X509_CRL_value(in, 0)), 1);
	out = crl_check_lists(store);
	ck_assert_int_eq(sk_X509_CRL_num(out), 1);
	sk_X509_CRL_pop_free(in, X509_CRL_free);
	sk_X509_CRL_pop_free(out, X509_CRL_free);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tunnel/revoke");
	TCase *t = tcase_create("revoke");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, who_is_on_a_list_is_revoked);
	tcase_add_test(t, who_is_not_is_not);
	tcase_add_test(t, a_list_by_another_of_that_name_does_not_count);
	tcase_add_loop_test(t, a_forged_list_hides_no_other, 0, 2);
	tcase_add_test(t, a_list_of_an_unknown_authority_counts);
	tcase_add_test(t, a_store_tells_its_lists);
	suite_add_tcase(s, t);
	return unit_main(s);
}
