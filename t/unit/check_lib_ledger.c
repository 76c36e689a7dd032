/* The chain of a ledger, its lines and its signatures. */
#include "lib/ledger_chain.h"

#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "lib/ledger_key.h"
#include "t/unit/unit.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

enum { NOW = 1796000000 };

static struct ledger_chain chain;
static struct buf out;

static void
setup(void)
{
	memset(&chain, 0, sizeof chain);
	out = (struct buf)BUF_INIT;
}

static void
teardown(void)
{
	buf_done(&out);
}

static int
get(struct ledger_entry *e)
{
	return ledger_get((const char *)buf_head(&out), buf_len(&out) - 1, e);
}

START_TEST(what_is_written_is_read_and_follows)
{
	struct ledger_chain before = { 0 };
	struct ledger_entry e;

	for (int i = 1; i <= 3; i++) {
		buf_clear(&out);
		ck_assert_int_eq(ledger_put(&chain, NOW, ", \"event\": \"login\", \"user\": \"a\"", &out), 0);
		ck_assert_int_eq(get(&e), 0);
		ck_assert_uint_eq(e.seq, (uint64_t)i);
		ck_assert_int_eq(e.kind, LEDGER_EVENT);
		ck_assert_str_eq(e.time, "2026-11-30T00:53:20Z");
		ck_assert(ledger_follows(&before, (const char *)buf_head(&out), &e));
		ck_assert_mem_eq(e.hash, chain.hash, sizeof e.hash);
		before.hash[0] ^= 1;
		ck_assert(!ledger_follows(&before, (const char *)buf_head(&out), &e));
		before = chain;
	}
}
END_TEST

START_TEST(own_entries_say_what_they_were_told)
{
	uint8_t signature[LEDGER_SIGNATURE_SIZE], digest[LEDGER_HASH_SIZE];
	struct ledger_chain at = { 7, { 1, 2, 3 } };
	struct buf members = BUF_INIT;
	struct ledger_entry e;

	memset(signature, 0xa5, sizeof signature);
	ledger_put_head(&members, &at, signature);
	ck_assert_int_eq(ledger_put(&chain, NOW, buf_cstr(&members), &out), 0);
	ck_assert_int_eq(get(&e), 0);
	ck_assert_int_eq(e.kind, LEDGER_HEAD);
	ck_assert_uint_eq(e.other.seq, 7);
	ck_assert_mem_eq(e.other.hash, at.hash, sizeof at.hash);
	ck_assert_mem_eq(e.signature, signature, sizeof signature);
	buf_clear(&members);
	buf_clear(&out);
	ledger_put_cut(&members, "torn", 4);
	ck_assert_int_eq(ledger_put(&chain, NOW, buf_cstr(&members), &out), 0);
	ck_assert_int_eq(get(&e), 0);
	ck_assert_int_eq(e.kind, LEDGER_CUT);
	ck_assert_uint_eq(e.n, 4);
	ck_assert_int_eq(ledger_digest("torn", 4, digest), 0);
	ck_assert_mem_eq(e.digest, digest, sizeof digest);
	buf_done(&members);
}
END_TEST

START_TEST(no_member_ends_a_line_or_plays_another_entry)
{
	static const char *const bad[] = {
		", \"event\": \"login\", \"user\": \"a\nb\"", ", \"event\": \"x\x7f\"", "", "\", \"event\": \"x\"", ", \"event\": \"head\"",
		", \"event\": \"begin\", \"after\": 01, \"of\": \"\"", ", \"event\": \"lost\", \"events\": 1, \"more\": 2",
	};
	char large[LEDGER_MEMBERS_MAX + 64];

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		ck_assert_int_eq(ledger_put(&chain, NOW, bad[i], &out), E_FORMAT);
	snprintf(large, sizeof large, ", \"event\": \"%0*d\"", LEDGER_MEMBERS_MAX, 0);
	ck_assert_int_eq(ledger_put(&chain, NOW, large, &out), E_LIMIT);
	ck_assert_uint_eq(chain.seq, 0);
	ck_assert_uint_eq(buf_len(&out), 0);
}
END_TEST

static struct ledger_key *
make_key(bool private, EVP_PKEY *pkey)
{
	struct ledger_key *k = NULL;
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long n;

	ck_assert_int_eq(private ? PEM_write_bio_PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL) : PEM_write_bio_PUBKEY(bio, pkey), 1);
	n = BIO_get_mem_data(bio, &text);
	ck_assert_int_eq(private ? ledger_key_private(text, (size_t)n, &k) : ledger_key_public(text, (size_t)n, &k), 0);
	BIO_free(bio);
	return k;
}

START_TEST(a_signature_is_good_for_one_entry_of_one_key)
{
	EVP_PKEY *a = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), *b = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	struct ledger_key *private = make_key(true, a), *public = make_key(false, a), *other = make_key(false, b);
	struct ledger_chain at = { 300, { 9 } }, next = { 301, { 9 } }, read;
	uint8_t signature[LEDGER_SIGNATURE_SIZE], message[LEDGER_HEAD_SIZE];

	ck_assert_int_eq(ledger_key_sign(private, &at, signature), 0);
	ck_assert(ledger_key_verify(public, &at, signature));
	ck_assert(!ledger_key_verify(public, &next, signature));
	ck_assert(!ledger_key_verify(other, &at, signature));
	signature[5] ^= 1;
	ck_assert(!ledger_key_verify(public, &at, signature));
	ledger_head_message(&at, message);
	ck_assert_int_eq(ledger_head_read(message, sizeof message, &read), 0);
	ck_assert_uint_eq(read.seq, 300);
	ck_assert_mem_eq(read.hash, at.hash, sizeof at.hash);
	ck_assert_int_eq(ledger_head_read(message, sizeof message - 1, &read), E_FORMAT);
	message[3] ^= 1;
	ck_assert_int_eq(ledger_head_read(message, sizeof message, &read), E_FORMAT);
	ck_assert_int_eq(ledger_key_public("x", 1, &other), E_FORMAT);
	ledger_key_free(private);
	ledger_key_free(public);
	ledger_key_free(other);
	EVP_PKEY_free(a);
	EVP_PKEY_free(b);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("lib/ledger");
	TCase *tc = tcase_create("ledger");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, what_is_written_is_read_and_follows);
	tcase_add_test(tc, own_entries_say_what_they_were_told);
	tcase_add_test(tc, no_member_ends_a_line_or_plays_another_entry);
	tcase_add_test(tc, a_signature_is_good_for_one_entry_of_one_key);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
