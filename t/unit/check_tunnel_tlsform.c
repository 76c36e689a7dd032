#include <stdio.h>
#include <string.h>

#include "t/unit/unit.h"
#include "tunnel/tls/tlsform.h"

enum { SPACE = 4096 };

static uint8_t bytes[SPACE];
static size_t n;

static void
put(const void *from, size_t len)
{
	ck_assert(n + len <= SPACE);
	memcpy(bytes + n, from, len);
	n += len;
}

static void
fill(int byte, size_t len)
{
	ck_assert(n + len <= SPACE);
	memset(bytes + n, byte, len);
	n += len;
}

static void
fresh(void)
{
	n = 0;
}

static void
verify_13(const char *side, size_t hash)
{
	char text[64];

	fresh();
	fill(' ', 64);
	put(text, (size_t)snprintf(text, sizeof text, "TLS 1.3, %s CertificateVerify", side) + 1);
	fill(0xab, hash);
}

START_TEST(certificate_verify_of_13_belongs_to_one_side)
{
	verify_13("server", 32);
	ck_assert_int_eq(tlsform_of(bytes, n, 0), TLSFORM_13);
	ck_assert_int_eq(tlsform_of(bytes, n, 1), TLSFORM_OTHER);
	verify_13("client", 48);
	ck_assert_int_eq(tlsform_of(bytes, n, 1), TLSFORM_13);
	ck_assert_int_eq(tlsform_of(bytes, n, 0), TLSFORM_OTHER);
}
END_TEST

static const size_t hashes[] = { 0, 20, 28, 31, 33, 47, 49, 64 };

START_TEST(hashes_of_13_have_32_or_48_bytes)
{
	verify_13("server", hashes[_i]);
	ck_assert_int_eq(tlsform_of(bytes, n, 0), TLSFORM_OTHER);
}
END_TEST

START_TEST(every_byte_before_the_hash_counts)
{
	for (size_t i = 0; i < 64 + 34; i++) {
		verify_13("server", 32);
		bytes[i] ^= 1;
		ck_assert_msg(tlsform_of(bytes, n, 0) == TLSFORM_OTHER, "byte %zu", i);
	}
}
END_TEST

/* As openssl says of itself (s_server, TLS 1.2): P-256, P-384, P-521, X25519, X448. */
static const struct { uint8_t curve, size; int point; } groups[] = {
	{ 23, 65, 4 }, { 24, 97, 4 }, { 25, 133, 4 }, { 29, 32, 0x5a }, { 30, 56, 0x5a },
};

static void
ecdhe(int curve, int size, int point)
{
	const uint8_t head[] = { 3, 0, (uint8_t)curve, (uint8_t)size, (uint8_t)point };

	fresh();
	fill(0x11, 64);
	put(head, sizeof head);
	fill(0x77, (size_t)size - 1);
}

START_TEST(params_of_a_known_curve)
{
	ecdhe(groups[_i].curve, groups[_i].size, groups[_i].point);
	ck_assert_int_eq(tlsform_of(bytes, n, 0), TLSFORM_12_PARAMS);
	ck_assert_int_eq(tlsform_of(bytes, n, 1), TLSFORM_OTHER);
	ck_assert_int_eq(tlsform_of(bytes, n - 1, 0), TLSFORM_OTHER);
	ck_assert_int_eq(tlsform_of(bytes, n + 1, 0), TLSFORM_OTHER);
	ecdhe(groups[_i].curve, groups[_i].size - 1, groups[_i].point);
	ck_assert_int_eq(tlsform_of(bytes, n, 0), TLSFORM_OTHER);
}
END_TEST

static void
number(size_t len)
{
	const uint8_t head[] = { (uint8_t)(len >> 8), (uint8_t)len };

	put(head, sizeof head);
	fill(2, len);
}

START_TEST(params_of_finite_fields)
{
	fill(0x11, 64);
	number(256);
	number(1);
	number(255);
	ck_assert_int_eq(tlsform_of(bytes, n, 0), TLSFORM_12_PARAMS);
	ck_assert_int_eq(tlsform_of(bytes, n - 1, 0), TLSFORM_OTHER);
	fill(0, 1);
	ck_assert_int_eq(tlsform_of(bytes, n, 0), TLSFORM_OTHER);
}
END_TEST

/* Randoms of a peer's choice could make it read as both. */
START_TEST(what_reads_as_der_is_no_params)
{
	ecdhe(23, 65, 4);
	bytes[0] = 0x30;
	bytes[1] = 0x81;
	bytes[2] = (uint8_t)(n - 3);
	ck_assert_int_eq(tlsform_of(bytes, n, 0), TLSFORM_OTHER);
	bytes[0] = 0x31;
	ck_assert_int_eq(tlsform_of(bytes, n, 0), TLSFORM_OTHER);
	bytes[2]--;
	ck_assert_int_eq(tlsform_of(bytes, n, 0), TLSFORM_12_PARAMS);
}
END_TEST

static void
message(int type, size_t len)
{
	const uint8_t head[] = { (uint8_t)type, 0, (uint8_t)(len >> 8), (uint8_t)len };

	put(head, sizeof head);
	fill(0x33, len);
}

static const struct { const char *what; uint8_t types[12]; int good; } flights[] = {
	{ "all", { 1, 2, 11, 12, 13, 14, 11, 16 }, 1 },
	{ "a stapled response", { 1, 2, 11, 22, 12, 13, 14, 11, 16 }, 1 },
	{ "key exchange by RSA", { 1, 2, 11, 13, 14, 11, 16 }, 1 },
	{ "no request", { 1, 2, 11, 12, 14, 11, 16 }, 0 },
	{ "no key exchange", { 1, 2, 11, 12, 13, 14, 11 }, 0 },
	{ "more behind it", { 1, 2, 11, 12, 13, 14, 11, 16, 15 }, 0 },
	{ "a hello alone", { 1 }, 0 },
	{ "another order", { 2, 1, 11, 12, 13, 14, 11, 16 }, 0 },
	{ "nothing", { 0 }, 0 },
};

START_TEST(a_transcript_is_all_messages_in_order)
{
	for (const uint8_t *t = flights[_i].types; *t != 0; t++)
		message(*t, 70);
	ck_assert_msg((tlsform_of(bytes, n, 1) == TLSFORM_12_TRANSCRIPT) == flights[_i].good, "%s", flights[_i].what);
	ck_assert_int_eq(tlsform_of(bytes, n, 0), TLSFORM_OTHER);
	if (n > 0)
		ck_assert_int_eq(tlsform_of(bytes, n - 1, 1), TLSFORM_OTHER);
}
END_TEST

static const struct { enum tlsform form; enum tls_digest digest; int rsa, pss, good; } pairs[] = {
	{ TLSFORM_13, TLS_DIGEST_SHA256, 0, 0, 1 }, { TLSFORM_13, TLS_DIGEST_NONE, 0, 0, 1 }, { TLSFORM_13, TLS_DIGEST_SHA256, 1, 1, 1 },
	{ TLSFORM_13, TLS_DIGEST_SHA256, 1, 0, 0 }, { TLSFORM_13, TLS_DIGEST_SHA1, 0, 0, 0 }, { TLSFORM_13, TLS_DIGEST_SHA224, 1, 1, 0 },
	{ TLSFORM_12_PARAMS, TLS_DIGEST_MD5_SHA1, 1, 0, 1 }, { TLSFORM_12_PARAMS, TLS_DIGEST_MD5_SHA1, 0, 0, 0 },
	{ TLSFORM_12_PARAMS, TLS_DIGEST_MD5_SHA1, 1, 1, 0 }, { TLSFORM_12_PARAMS, TLS_DIGEST_SHA1, 1, 0, 1 },
	{ TLSFORM_12_TRANSCRIPT, TLS_DIGEST_SHA512, 1, 1, 1 }, { TLSFORM_12_TRANSCRIPT, TLS_DIGEST_SHA1, 1, 1, 0 },
	{ TLSFORM_OTHER, TLS_DIGEST_SHA256, 0, 0, 0 }, { TLSFORM_OTHER, TLS_DIGEST_NONE, 0, 0, 0 },
};

START_TEST(digests_go_with_forms)
{
	ck_assert_int_eq(tlsform_goes_with(pairs[_i].form, pairs[_i].digest, pairs[_i].rsa, pairs[_i].pss), pairs[_i].good);
}
END_TEST

START_TEST(digests_are_those_of_tls)
{
	ck_assert_int_eq(tls_digest_of("SHA256"), TLS_DIGEST_SHA256);
	ck_assert_int_eq(tls_digest_of("sha2-256"), TLS_DIGEST_SHA256);
	ck_assert_int_eq(tls_digest_of(""), TLS_DIGEST_NONE);
	ck_assert_int_eq(tls_digest_of("MD5"), TLS_DIGESTS);
	ck_assert_int_eq(tls_digest_of("SHA3-256"), TLS_DIGESTS);
	ck_assert_ptr_null(tls_digest_name(TLS_DIGEST_NONE));
	ck_assert_ptr_null(tls_digest_name(TLS_DIGESTS));
}
END_TEST

#define LOOP(t, test, table) tcase_add_loop_test(t, test, 0, (int)(sizeof table / sizeof *table))

int
main(void)
{
	Suite *s = suite_create("tunnel/tlsform");
	TCase *t = tcase_create("tlsform");

	tcase_add_checked_fixture(t, fresh, NULL);
	tcase_add_test(t, certificate_verify_of_13_belongs_to_one_side);
	LOOP(t, hashes_of_13_have_32_or_48_bytes, hashes);
	tcase_add_test(t, every_byte_before_the_hash_counts);
	LOOP(t, params_of_a_known_curve, groups);
	tcase_add_test(t, params_of_finite_fields);
	tcase_add_test(t, what_reads_as_der_is_no_params);
	LOOP(t, a_transcript_is_all_messages_in_order, flights);
	LOOP(t, digests_go_with_forms, pairs);
	tcase_add_test(t, digests_are_those_of_tls);
	suite_add_tcase(s, t);
	return unit_main(s);
}
