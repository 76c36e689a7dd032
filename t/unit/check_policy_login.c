#include "syncd/policy/login.h"

#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "syncd/delta/strong.h"
#include "t/unit/unit.h"

static const struct { const char *list; int version, r; enum login_digest want; } offers[] = {
	{ "sha512 sha256 sha1 md5 md4", 32, 0, LOGIN_SHA512 }, { "md5 sha512", 32, 0, LOGIN_MD5 }, { "SHA1", 31, 0, LOGIN_SHA1 },
	{ "blake3  sha256", 32, 0, LOGIN_SHA256 }, { "md4", 29, 0, LOGIN_MD4 }, { "sha51 sha5122", 32, E_UNSUPPORTED, 0 },
	{ "", 32, E_UNSUPPORTED, 0 }, { "  ", 32, E_UNSUPPORTED, 0 }, { NULL, 30, 0, LOGIN_MD5 }, { NULL, 29, 0, LOGIN_MD4_OLD },
};

START_TEST(the_client_chooses_the_digest)
{
	enum login_digest d = LOGIN_SHA512;

	ck_assert_int_eq(login_digest(offers[_i].list, offers[_i].version, &d), offers[_i].r);
	if (offers[_i].r == 0)
		ck_assert_int_eq(d, offers[_i].want);
}
END_TEST

static const struct { const char *floor; enum login_digest d; int r; } floors[] = {
	{ NULL, LOGIN_MD4_OLD, 0 }, { "", LOGIN_MD4, 0 }, { "md4", LOGIN_MD4_OLD, 0 }, { "md5", LOGIN_MD5, 0 }, { "md5", LOGIN_MD4, E_DENIED },
	{ "md5", LOGIN_MD4_OLD, E_DENIED }, { "SHA256", LOGIN_SHA512, 0 }, { "sha256", LOGIN_SHA1, E_DENIED },
	{ "sha512", LOGIN_SHA256, E_DENIED }, { "sha999", LOGIN_SHA512, E_UNSUPPORTED }, { "sha512 ", LOGIN_SHA512, E_UNSUPPORTED },
};

START_TEST(a_floor_keeps_weaker_ones_out)
{
	ck_assert_int_eq(login_floor(floors[_i].floor, floors[_i].d), floors[_i].r);
}
END_TEST

/* what rsync's own clients answered, of three ages */
static const struct { enum login_digest d; const char *challenge, *response; } answers[] = {
	{ LOGIN_SHA512, "VC8yNoDj066oEtF1g+wBtx9uncshe4vs7l5V4y2difL2bQTrfToWnfap8KBvZ0xRl5g5lZVwdU4M8nuSoZA7YQ",
	    "MyRmq1kqTs97vqDxmoJQRnFLgYEShV8kJItn4TnYBtFRR58m/RkRArb7XJckXA4VRI6/2bQevICNSp8j+5XhwA" },
	{ LOGIN_MD5, "DBIYLQMyzMh4jf95uCXn9A", "CXhSLYbdBLmCvLy64d7b6A" },
	{ LOGIN_MD5, "IdA/Nngd24I1Q908JLgoEA", "3CspGPILWEKuzupFljw7zQ" },
	{ LOGIN_MD4_OLD, "nseWGBxKOZ5FI1QKb3tYAg", "96Nyf3U2IEEcgJG8Gr/Yhw" },
};

START_TEST(an_answer_is_what_rsync_answers)
{
	char got[LOGIN_CHALLENGE_SIZE];

	strong_prepare();
	ck_assert_int_eq(login_response(answers[_i].d, "sekrit", 6, answers[_i].challenge, got), 0);
	ck_assert_str_eq(got, answers[_i].response);
}
END_TEST

START_TEST(no_two_challenges_are_the_same)
{
	static char seen[10000][LOGIN_CHALLENGE_SIZE];

	for (size_t i = 0; i < ARRAY_LEN(seen); i++)
		ck_assert_int_eq(login_challenge(i % 2 == 0 ? LOGIN_SHA512 : LOGIN_MD5, seen[i]), 0);
	ck_assert_uint_eq(strlen(seen[0]), 86);
	ck_assert_uint_eq(strlen(seen[1]), 22);
	qsort(seen, ARRAY_LEN(seen), sizeof seen[0], (int (*)(const void *, const void *))strcmp);
	for (size_t i = 1; i < ARRAY_LEN(seen); i++)
		ck_assert_str_ne(seen[i - 1], seen[i]);
}
END_TEST

/* "in" is a user of the groups staff and "Some Group" */
static bool
in_group(void *arg, const char *user, const char *pattern, char ret[LOGIN_GROUP_SIZE])
{
	(void)arg;
	if (strcmp(user, "in") != 0 || (strcmp(pattern, "staff") != 0 && strcmp(pattern, "Some Group") != 0 && strcmp(pattern, "st*") != 0))
		return false;
	strcpy(ret, pattern[0] == 's' ? "staff" : pattern);
	return true;
}

static const struct { const char *rules, *user; int r; bool denied; enum login_access access; const char *group; } rows[] = {
	{ "joe", "joe", 0, false, LOGIN_AS_MODULE, "" }, { "joe", "jo", E_DENIED, false, 0, "" }, { "joe", "Joe", E_DENIED, false, 0, "" },
	{ "a, joe:rw", "joe", 0, false, LOGIN_READ_WRITE, "" }, { "a\tjoe:RO", "joe", 0, false, LOGIN_READ_ONLY, "" },
	{ "joe:deny *", "joe", 0, true, LOGIN_AS_MODULE, "" }, { "joe:d *", "joe", 0, true, LOGIN_AS_MODULE, "" },
	{ "joe:deny *", "jim", 0, false, LOGIN_AS_MODULE, "" }, { "joe:x", "joe", 0, false, LOGIN_AS_MODULE, "" },
	{ "joe:r", "joe", 0, false, LOGIN_AS_MODULE, "" }, { "joe:rwx", "joe", 0, false, LOGIN_READ_WRITE, "" },
	{ "j?e:ro", "joe", 0, false, LOGIN_READ_ONLY, "" }, { "j[a-p]e", "joe", 0, false, LOGIN_AS_MODULE, "" },
	{ "name-*", "name-1", 0, false, LOGIN_AS_MODULE, "" }, { "joe:ro joe:rw", "joe", 0, false, LOGIN_READ_ONLY, "" },
	{ "@staff:rw", "in", 0, false, LOGIN_READ_WRITE, "staff" }, { "@st*", "in", 0, false, LOGIN_AS_MODULE, "staff" },
	{ "@staff", "out", E_DENIED, false, 0, "" }, { "staff", "in", E_DENIED, false, 0, "" },
	{ ",@Some Group:deny,in", "in", 0, true, LOGIN_AS_MODULE, "Some Group" }, { "@Some Group:deny in", "in", 0, false, LOGIN_AS_MODULE, "" },
	{ " , joe doe , x", "joe doe", 0, false, LOGIN_AS_MODULE, "" }, { "", "joe", E_DENIED, false, 0, "" }, { ",,", "joe", E_DENIED, false, 0, "" },
};

START_TEST(the_first_rule_that_matches_decides)
{
	struct login_rule got;

	ck_assert_int_eq(login_rule(rows[_i].rules, rows[_i].user, in_group, NULL, &got), rows[_i].r);
	if (rows[_i].r != 0)
		return;
	ck_assert_int_eq(got.denied, rows[_i].denied);
	ck_assert_int_eq(got.access, rows[_i].access);
	ck_assert_str_eq(got.group, rows[_i].group);
}
END_TEST

static const char secrets[] = "# a comment:x\n#joe:hash\njoe:one\r\njoe:two\n@staff:theirs\n@joe:group\njim:a:b c\nempty:\n sp:1\nnone\nlast:end";
static const struct { const char *user, *group, *password; enum login_verdict want; } tries[] = {
	{ "joe", "", "one", LOGIN_RIGHT }, { "joe", "", "two", LOGIN_MISMATCH }, { "joe", "", "one\r", LOGIN_MISMATCH },
	{ "jim", "", "a:b c", LOGIN_RIGHT }, { "last", "", "end", LOGIN_RIGHT }, { "empty", "", "", LOGIN_RIGHT },
	{ "nobody", "", "", LOGIN_NO_SECRET }, { "nobody", "staff", "theirs", LOGIN_RIGHT }, { "joe", "staff", "theirs", LOGIN_RIGHT },
	{ "joe", "staff", "one", LOGIN_RIGHT }, { "joe", "staff", "group", LOGIN_MISMATCH }, { "joe", "", "group", LOGIN_MISMATCH },
	{ "@staff", "", "theirs", LOGIN_NO_SECRET }, { "staff", "", "theirs", LOGIN_NO_SECRET }, { "none", "", "", LOGIN_NO_SECRET },
	{ "jo", "", "e:one", LOGIN_NO_SECRET }, { "", "", "", LOGIN_NO_SECRET }, { "sp", "", "1", LOGIN_NO_SECRET }, { "JOE", "", "one", LOGIN_NO_SECRET },
	{ "#joe", "", "hash", LOGIN_NO_SECRET }, { "nobody", "staf", "theirs", LOGIN_NO_SECRET },
};

START_TEST(a_secret_is_that_of_the_name)
{
	char response[LOGIN_CHALLENGE_SIZE];

	ck_assert_int_eq(login_response(LOGIN_SHA256, tries[_i].password, strlen(tries[_i].password), "asked", response), 0);
	ck_assert_int_eq(login_check(secrets, strlen(secrets), tries[_i].user, tries[_i].group, LOGIN_SHA256, "asked", response), tries[_i].want);
}
END_TEST

START_TEST(no_part_of_an_answer_will_do)
{
	char response[LOGIN_CHALLENGE_SIZE];

	ck_assert_int_eq(login_response(LOGIN_SHA1, "one", 3, "asked", response), 0);
	for (size_t n = strlen(response); n-- > 0; ) {
		response[n] = '\0';
		ck_assert_int_eq(login_check(secrets, strlen(secrets), "joe", "", LOGIN_SHA1, "asked", response), LOGIN_MISMATCH);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("policy/login");
	TCase *t = tcase_create("login");

	tcase_add_loop_test(t, the_client_chooses_the_digest, 0, (int)ARRAY_LEN(offers));
	tcase_add_loop_test(t, a_floor_keeps_weaker_ones_out, 0, (int)ARRAY_LEN(floors));
	tcase_add_loop_test(t, an_answer_is_what_rsync_answers, 0, (int)ARRAY_LEN(answers));
	tcase_add_test(t, no_two_challenges_are_the_same);
	tcase_add_loop_test(t, the_first_rule_that_matches_decides, 0, (int)ARRAY_LEN(rows));
	tcase_add_loop_test(t, a_secret_is_that_of_the_name, 0, (int)ARRAY_LEN(tries));
	tcase_add_test(t, no_part_of_an_answer_will_do);
	suite_add_tcase(s, t);
	return unit_main(s);
}
