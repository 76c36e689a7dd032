#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "t/unit/unit.h"
#include "tunnel/proto/ntlm.h"

/* The worked example of [MS-NLMP] 4.2.4: User, Domain, Password; server "Server" in "Domain". */
static const uint8_t names[] =
    "\x02\x00\x0c\x00" "D\0o\0m\0a\0i\0n\0" "\x01\x00\x0c\x00" "S\0e\0r\0v\0e\0r\0" "\x00\x00\x00";	/* and the literal's NUL */
static const uint8_t nonce[NTLM_NONCE_SIZE] = { 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa };

/* With what the server says of itself at `at`, of n bytes as it claims. */
static struct buf
challenge(unsigned n, unsigned at)
{
	struct buf b = BUF_INIT;

	buf_put(&b, "NTLMSSP", 8);
	buf_le32(&b, 2);
	buf_le64(&b, 0);
	buf_le32(&b, 0);
	buf_put(&b, "\x01\x23\x45\x67\x89\xab\xcd\xef", 8);
	buf_le64(&b, 0);
	buf_le16(&b, (uint16_t)n);
	buf_le16(&b, (uint16_t)n);
	buf_le32(&b, at);
	buf_put(&b, names, sizeof names);
	return b;
}

static const char *
hex(const uint8_t *bytes, size_t n)
{
	static char text[256];

	for (size_t i = 0; i < n && i < 100; i++)
		sprintf(text + 2 * i, "%02x", bytes[i]);
	return text;
}

START_TEST(the_documents_example)
{
	uint8_t hash[NTLM_HASH_SIZE];
	const struct ntlm_who who = { "User", "Domain", hash };
	struct buf ch = challenge(sizeof names, 48), out = BUF_INIT;

	if (ntlm_hash("Password", hash) != 0)
		return;			/* no legacy provider here */
	ck_assert_str_eq(hex(hash, sizeof hash), "a4f49c406510bdcab6824ee7c30fd852");
	ck_assert_int_eq(ntlm_authenticate(&who, buf_head(&ch), buf_len(&ch), nonce, 0, &out), 0);
	ck_assert_str_eq(hex(buf_head(&out) + 64, 24), "86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa");
	ck_assert_str_eq(hex(buf_head(&out) + 88, 16), "68cd0ab851e51c96aabc927bebef6a1c");
	buf_done(&ch);
	buf_done(&out);
}
END_TEST

START_TEST(what_a_server_claims_is_checked)
{
	const uint8_t hash[NTLM_HASH_SIZE] = { 0 };
	const struct ntlm_who who = { "u", NULL, hash };
	const unsigned bad[][2] = { { 0xffff, 48 }, { 4, 0xffffffff }, { sizeof names + 1, 48 }, { 3, 48 }, { 5, 48 } };
	struct buf out = BUF_INIT;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct buf ch = challenge(bad[i][0], bad[i][1]);

		ck_assert_msg(ntlm_authenticate(&who, buf_head(&ch), buf_len(&ch), nonce, 0, &out) == E_FORMAT, "%zu", i);
		buf_done(&ch);
	}
	ck_assert_uint_eq(buf_len(&out), 0);
}
END_TEST

START_TEST(a_challenge_cut_anywhere_is_refused_or_an_old_ones)
{
	const uint8_t hash[NTLM_HASH_SIZE] = { 0 };
	const struct ntlm_who who = { "u", "d", hash };
	struct buf ch = challenge(sizeof names, 48);

	for (size_t n = 0; n < buf_len(&ch); n++) {
		struct buf out = BUF_INIT;
		int r = ntlm_authenticate(&who, buf_head(&ch), n, nonce, 0, &out);

		ck_assert_msg(r == (n >= 32 && n < 48 ? 0 : E_FORMAT), "%zu: %d", n, r);
		buf_done(&out);
	}
	buf_done(&ch);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tunnel/ntlm");
	TCase *t = tcase_create("ntlm");

	tcase_add_test(t, the_documents_example);
	tcase_add_test(t, what_a_server_claims_is_checked);
	tcase_add_test(t, a_challenge_cut_anywhere_is_refused_or_an_old_ones);
	suite_add_tcase(s, t);
	return unit_main(s);
}
