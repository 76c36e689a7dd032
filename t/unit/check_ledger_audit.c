/* The checker of a ledger: whatever is done to a file is found. */
#include "deploy/ledger/audit.h"

#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "lib/err.h"
#include "t/unit/unit.h"

enum { NOW = 1796000000, LINES = 12 };

static struct audit a;
static struct ledger_chain chain, none;
static struct ledger_key *private, *public;
static struct buf file;
static size_t ends[LINES + 8], n_lines;
static uint64_t last_line;

static struct ledger_key *
key_of(bool secret, EVP_PKEY *pkey)
{
	struct ledger_key *k = NULL;
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long n;

	ck_assert_int_eq(secret ? PEM_write_bio_PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL) : PEM_write_bio_PUBKEY(bio, pkey), 1);
	n = BIO_get_mem_data(bio, &text);
	ck_assert_int_eq(secret ? ledger_key_private(text, (size_t)n, &k) : ledger_key_public(text, (size_t)n, &k), 0);
	BIO_free(bio);
	return k;
}

static void
add(const char *members)
{
	ck_assert_int_eq(ledger_put(&chain, NOW + (int64_t)chain.seq, members, &file), 0);
	ends[n_lines++] = buf_len(&file);
}

static void
add_own(struct buf *members)
{
	add(buf_cstr(members));
	buf_done(members);
}

static void
add_head(const struct ledger_key *key)
{
	uint8_t signature[LEDGER_SIGNATURE_SIZE];
	struct buf members = BUF_INIT;

	ck_assert_int_eq(ledger_key_sign(key, &chain, signature), 0);
	ledger_put_head(&members, &chain, signature);
	add_own(&members);
}

static void
begin(void)
{
	struct buf members = BUF_INIT;

	ledger_put_begin(&members, &chain);
	add_own(&members);
}

/* begin, events, a head; then events that nobody has signed. */
static void
setup(void)
{
	EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");

	private = key_of(true, pkey);
	public = key_of(false, pkey);
	EVP_PKEY_free(pkey);
	chain = none;
	n_lines = 0;
	begin();
	for (int i = 0; i < 4; i++)
		add(", \"event\": \"login\", \"user\": \"a\"");
	add_head(private);
	add(", \"event\": \"transfer\", \"files\": 3");
	add(", \"event\": \"stop\"");
}

static void
teardown(void)
{
	ledger_key_free(private);
	ledger_key_free(public);
	buf_done(&file);
}

static void
note(void *arg, bool fault, const char *name, uint64_t line, const char *text)
{
	(void)arg, (void)fault, (void)name, (void)text;
	last_line = line;
}

/* How many faults the bytes have, given in pieces. */
static uint64_t
faults(const uint8_t *bytes, size_t n, const struct ledger_chain *witness)
{
	audit_init(&a, public, witness, note, NULL);
	audit_file(&a, "f");
	for (size_t at = 0; at < n; at += 97)
		audit_bytes(&a, bytes + at, n - at < 97 ? n - at : 97);
	audit_file_end(&a);
	ck_assert_int_eq(audit_done(&a), 0);
	return a.faults;
}

static uint64_t
faults_of_lines(const size_t *order, size_t n)
{
	struct buf b = BUF_INIT;
	uint64_t found;

	for (size_t i = 0; i < n; i++) {
		size_t from = order[i] == 0 ? 0 : ends[order[i] - 1];

		buf_put(&b, buf_head(&file) + from, ends[order[i]] - from);
	}
	found = faults(buf_head(&b), buf_len(&b), &chain);
	buf_done(&b);
	return found;
}

START_TEST(a_whole_one_has_no_fault_and_says_what_is_signed)
{
	ck_assert_uint_eq(faults(buf_head(&file), buf_len(&file), &chain), 0);
	ck_assert_uint_eq(a.all.n, 8);
	ck_assert_uint_eq(a.signed_ones.n, 5);
	ck_assert_str_eq(a.signed_ones.to, "2026-11-30T00:53:24Z");
	ck_assert_uint_eq(a.unsigned_ones.n, 2);
	ck_assert_str_eq(a.unsigned_ones.from, "2026-11-30T00:53:26Z");
}
END_TEST

START_TEST(any_byte_that_is_changed_is_found)
{
	uint8_t *bytes = file.data + file.head;

	for (size_t i = 0; i < buf_len(&file); i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			bytes[i] ^= (uint8_t)(1u << bit);
			ck_assert_msg(faults(bytes, buf_len(&file), &none) > 0, "byte %zu, bit %u", i, bit);
			bytes[i] ^= (uint8_t)(1u << bit);
		}
}
END_TEST

START_TEST(any_entry_that_is_gone_or_elsewhere_is_found)
{
	size_t order[LINES + 1], n;

	for (size_t gone = 0; gone < n_lines; gone++) {
		n = 0;
		for (size_t i = 0; i < n_lines; i++)
			if (i != gone)
				order[n++] = i;
		ck_assert_msg(faults_of_lines(order, n) > 0, "entry %zu is gone", gone);
	}
	for (size_t i = 0; i < n_lines; i++)
		for (size_t j = i + 1; j < n_lines; j++) {
			for (n = 0; n < n_lines; n++)
				order[n] = n == i ? j : n == j ? i : n;
			ck_assert_msg(faults_of_lines(order, n) > 0, "entries %zu and %zu are swapped", i, j);
		}
	for (size_t i = 0; i < n_lines; i++) {
		for (n = 0; n <= n_lines; n++)
			order[n] = n <= i ? n : n - 1;
		ck_assert_msg(faults_of_lines(order, n) > 0, "entry %zu is there twice", i);
	}
}
END_TEST

/* Between two entries it is what somebody else knows that tells. */
START_TEST(any_cut_of_the_end_is_found)
{
	for (size_t n = 0; n < buf_len(&file); n++) {
		ck_assert_msg(faults(buf_head(&file), n, &chain) > 0, "cut at %zu", n);
		if (n > 0 && buf_head(&file)[n - 1] != '\n')
			ck_assert_msg(faults(buf_head(&file), n, &none) > 0, "cut at %zu", n);
	}
}
END_TEST

START_TEST(a_torn_entry_is_whole_only_with_its_name)
{
	static const char torn[] = "{\"seq\": 9, \"ti\n";
	struct buf members = BUF_INIT;

	buf_text(&file, torn);
	ledger_put_cut(&members, torn, sizeof torn - 1);
	add_own(&members);
	ck_assert_uint_eq(faults(buf_head(&file), buf_len(&file), &chain), 0);
	ck_assert_uint_eq(a.cuts, 1);
	file.data[file.head + ends[7] + 3] ^= 1;
	ck_assert_uint_gt(faults(buf_head(&file), buf_len(&file), &chain), 0);
	file.data[file.head + ends[7] + 3] ^= 1;
	buf_text(&file, torn);
	add(", \"event\": \"login\"");
	ck_assert_uint_eq(faults(buf_head(&file), buf_len(&file), &chain), 1);
	ck_assert_uint_eq(last_line, 12);
}
END_TEST

START_TEST(another_keys_signature_is_a_wrong_one)
{
	EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	struct ledger_key *other = key_of(true, pkey);

	add_head(other);
	ck_assert_uint_eq(faults(buf_head(&file), buf_len(&file), &chain), 1);
	ck_assert_uint_eq(a.signed_ones.n, 5);
	EVP_PKEY_free(pkey);
	ledger_key_free(other);
}
END_TEST

START_TEST(what_came_before_a_late_head_is_not_signed_by_it)
{
	uint8_t signature[LEDGER_SIGNATURE_SIZE];
	struct ledger_chain signed_one = chain;
	struct buf members = BUF_INIT;

	add(", \"event\": \"login\"");
	add(", \"event\": \"login\"");
	ck_assert_int_eq(ledger_key_sign(private, &signed_one, signature), 0);
	ledger_put_head(&members, &signed_one, signature);
	add_own(&members);
	ck_assert_uint_eq(faults(buf_head(&file), buf_len(&file), &chain), 0);
	ck_assert_uint_eq(a.signed_ones.n, 8);
	ck_assert_uint_eq(a.unsigned_ones.n, 2);
	ck_assert_str_eq(a.unsigned_ones.from, "2026-11-30T00:53:28Z");
	ck_assert_str_eq(a.unsigned_ones.to, "2026-11-30T00:53:29Z");
}
END_TEST

START_TEST(the_chain_goes_on_over_files)
{
	size_t first = buf_len(&file);
	uint8_t *bytes;

	begin();
	add(", \"event\": \"login\"");
	add_head(private);
	bytes = file.data + file.head;
	for (int without = 0; without < 2; without++) {
		audit_init(&a, public, &chain, note, NULL);
		audit_file(&a, "one");
		audit_bytes(&a, bytes, without ? ends[5] : first);
		audit_file_end(&a);
		audit_file(&a, "two");
		audit_bytes(&a, bytes + first, buf_len(&file) - first);
		audit_file_end(&a);
		ck_assert_int_eq(audit_done(&a), 0);
		ck_assert_uint_eq(a.faults, (uint64_t)without);
	}
	ck_assert_uint_eq(faults(bytes + first, buf_len(&file) - first, &chain), 0);	/* the second alone */
	ck_assert_uint_eq(a.signed_ones.n, 2);
	ck_assert_uint_gt(faults(bytes, buf_len(&file), &chain), 0);	/* both as one */
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("deploy/ledger/audit");
	TCase *tc = tcase_create("audit");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_whole_one_has_no_fault_and_says_what_is_signed);
	tcase_add_test(tc, any_byte_that_is_changed_is_found);
	tcase_add_test(tc, any_entry_that_is_gone_or_elsewhere_is_found);
	tcase_add_test(tc, any_cut_of_the_end_is_found);
	tcase_add_test(tc, a_torn_entry_is_whole_only_with_its_name);
	tcase_add_test(tc, another_keys_signature_is_a_wrong_one);
	tcase_add_test(tc, what_came_before_a_late_head_is_not_signed_by_it);
	tcase_add_test(tc, the_chain_goes_on_over_files);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
