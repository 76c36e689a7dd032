#include "tunnel/tls/cert_names.h"

#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "t/unit/unit.h"

/* A certificate that carries what it is given, whatever an authority would say. */
static X509 *
made(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();

	ASN1_INTEGER_set_int64(X509_get_serialNumber(cert), 0xabc);
	ck_assert_int_eq(X509_set_pubkey(cert, key), 1);
	EVP_PKEY_free(key);
	return cert;
}

static void
add_cn(X509 *cert, int type, const char *bytes, int n)
{
	ck_assert_int_eq(X509_NAME_add_entry_by_NID(X509_get_subject_name(cert), NID_commonName, type, (const unsigned char *)bytes, n, -1, 0), 1);
}

#define ROW(text) text, sizeof text - 1
static const struct { int type; const char *bytes; size_t n; const char *want; } names[] = {
	{ V_ASN1_UTF8STRING, ROW("jane"), "jane" }, { V_ASN1_PRINTABLESTRING, ROW("jane doe"), "jane doe" },
	{ V_ASN1_UTF8STRING, ROW("Andr\303\251"), "Andr\303\251" }, { V_ASN1_T61STRING, ROW("Andr\351"), "Andr\303\251" },
	{ V_ASN1_BMPSTRING, ROW("\0a\4\76"), "a\320\276" },
	{ V_ASN1_UTF8STRING, ROW("admin\0.evil"), NULL }, { V_ASN1_UTF8STRING, ROW("jane\0"), NULL }, { V_ASN1_UTF8STRING, ROW("\0"), NULL },
	{ V_ASN1_UTF8STRING, ROW("a\nb"), NULL }, { V_ASN1_UTF8STRING, ROW("a\x7f"), NULL }, { V_ASN1_UTF8STRING, ROW("a\302\205"), NULL },
	{ V_ASN1_UTF8STRING, ROW("a\377"), NULL }, { V_ASN1_UTF8STRING, ROW("a\300\257"), NULL }, { V_ASN1_UTF8STRING, ROW("a\303"), NULL },
	{ V_ASN1_BMPSTRING, ROW("\0a\0\0"), NULL }, { V_ASN1_UTF8STRING, ROW(""), NULL },
};

START_TEST(a_common_name_is_told_whole_or_not)
{
	struct cert_names n;
	X509 *cert = made();

	add_cn(cert, names[_i].type, names[_i].bytes, (int)names[_i].n);
	cert_names_get(cert, 1, &n);
	ck_assert_str_eq(n.common_name, names[_i].want == NULL ? "" : names[_i].want);
	ck_assert_int_eq(n.name_left_out, names[_i].want == NULL);
	X509_free(cert);
}
END_TEST

START_TEST(a_common_name_has_a_bound_and_is_one)
{
	char longest[CERT_NAME_MAX + 2];
	struct cert_names n;
	X509 *cert = made();

	memset(longest, 'x', sizeof longest);
	cert_names_get(cert, 1, &n);
	ck_assert_int_eq(n.name_left_out, 0);
	add_cn(cert, V_ASN1_UTF8STRING, longest, CERT_NAME_MAX);
	cert_names_get(cert, 1, &n);
	ck_assert_uint_eq(strlen(n.common_name), CERT_NAME_MAX);
	X509_NAME_delete_entry(X509_get_subject_name(cert), 0);
	add_cn(cert, V_ASN1_UTF8STRING, longest, CERT_NAME_MAX + 1);
	cert_names_get(cert, 1, &n);
	ck_assert_str_eq(n.common_name, "");
	X509_NAME_delete_entry(X509_get_subject_name(cert), 0);
	add_cn(cert, V_ASN1_UTF8STRING, "jane", 4);
	add_cn(cert, V_ASN1_UTF8STRING, "admin", 5);
	cert_names_get(cert, 1, &n);
	ck_assert_str_eq(n.common_name, "");
	ck_assert_int_eq(n.name_left_out, 1);
	X509_free(cert);
}
END_TEST

static void
push(GENERAL_NAMES *all, int type, const char *bytes, size_t n)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_IA5STRING *value = ASN1_IA5STRING_new();

	ASN1_STRING_set(value, bytes, (int)n);
	GENERAL_NAME_set0_value(name, type, value);
	sk_GENERAL_NAME_push(all, name);
}

/* The names as one text, parted by blanks. */
static const char *
told(GENERAL_NAMES *all, struct cert_names *n)
{
	static char text[CERT_NAMES_BYTES];
	X509 *cert = made();
	const char *at;

	ck_assert_int_eq(X509_add1_ext_i2d(cert, NID_subject_alt_name, all, 0, 0), 1);
	cert_names_get(cert, 1, n);
	text[0] = '\0';
	at = n->names;
	for (unsigned i = 0; i < n->n_names; i++, at += strlen(at) + 1)
		snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i == 0 ? "" : " ", at);
	X509_free(cert);
	return text;
}

START_TEST(alternative_names_come_with_their_kind)
{
	GENERAL_NAMES *all = sk_GENERAL_NAME_new_null();
	struct cert_names n;

	push(all, GEN_DNS, "a.example", 9);
	push(all, GEN_EMAIL, "j@a.example", 11);
	push(all, GEN_URI, "spiffe://a/b", 12);
	push(all, GEN_DNS, "a\0.example", 10);
	push(all, GEN_DNS, "a b", 3);
	push(all, GEN_EMAIL, "j\303\251@a", 5);
	push(all, GEN_URI, "", 0);
	push(all, GEN_DNS, "a\n", 2);
	ck_assert_str_eq(told(all, &n), "dns:a.example email:j@a.example uri:spiffe://a/b");
	ck_assert_uint_eq(n.left_out, 5);
	GENERAL_NAMES_free(all);
}
END_TEST

START_TEST(alternative_names_have_bounds)
{
	GENERAL_NAMES *all = sk_GENERAL_NAME_new_null();
	char longest[CERT_NAME_MAX];
	struct cert_names n;

	memset(longest, 'x', sizeof longest);
	push(all, GEN_DNS, longest, sizeof longest - 3);
	ck_assert_str_eq(told(all, &n), "");
	push(all, GEN_DNS, longest, sizeof longest - 4);
	told(all, &n);
	ck_assert_uint_eq(n.n_names, 1);
	for (int i = 0; i < 8; i++)
		push(all, GEN_DNS, longest, sizeof longest - 4);
	told(all, &n);
	ck_assert_uint_eq(n.n_names, 8);		/* of 256 bytes each */
	ck_assert_uint_eq(n.left_out, 2);
	GENERAL_NAMES_free(all);
	all = sk_GENERAL_NAME_new_null();
	for (int i = 0; i < CERT_NAMES_MAX + 3; i++)
		push(all, GEN_DNS, "a", 1);
	told(all, &n);
	ck_assert_uint_eq(n.n_names, CERT_NAMES_MAX);
	ck_assert_uint_eq(n.left_out, 3);
	GENERAL_NAMES_free(all);
}
END_TEST

START_TEST(key_serial_and_issuer)
{
	struct cert_names n;
	X509 *cert = made();
	static const unsigned char none[CERT_KEY_SIZE];

	X509_NAME_add_entry_by_NID(X509_get_issuer_name(cert), NID_organizationName, V_ASN1_UTF8STRING, (const unsigned char *)"A, B\0\303\251", 7, -1, 0);
	X509_NAME_add_entry_by_NID(X509_get_issuer_name(cert), NID_commonName, V_ASN1_UTF8STRING, (const unsigned char *)"ca", 2, -1, 0);
	cert_names_get(cert, 1, &n);
	ck_assert_str_eq(n.serial, "0ABC");
	ck_assert_str_eq(n.issuer, "CN=ca,O=A\\, B\\00\\C3\\A9");
	ck_assert_int_eq(n.has_key, 1);
	ck_assert_mem_ne(n.key, none, sizeof none);
	cert_names_get(cert, 0, &n);
	ck_assert_int_eq(n.has_key, 1);
	ck_assert_str_eq(n.serial, "");
	ck_assert_str_eq(n.issuer, "");
	X509_free(cert);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tunnel/cert_names");
	TCase *t = tcase_create("cert_names");

	tcase_add_loop_test(t, a_common_name_is_told_whole_or_not, 0, (int)ARRAY_LEN(names));
	tcase_add_test(t, a_common_name_has_a_bound_and_is_one);
	tcase_add_test(t, alternative_names_come_with_their_kind);
	tcase_add_test(t, alternative_names_have_bounds);
	tcase_add_test(t, key_serial_and_issuer);
	suite_add_tcase(s, t);
	return unit_main(s);
}
