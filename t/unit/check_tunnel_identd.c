#include <string.h>

#include "lib/err.h"
#include "t/unit/unit.h"
#include "tunnel/proto/identd.h"

static const struct {
	const char *text, *user;
	int result;
} answers[] = {
	{ "6193 , 23 : USERID : UNIX : alice\r\n", "alice", 0 },
	{ "6193,23:USERID:UNIX:alice", "alice", 0 },
	{ "6193, 23 : USERID : UNIX,US-ASCII : a:b c\r\nmore", "a:b c", 0 },
	{ "6193, 23 : ERROR : HIDDEN-USER\r\n", "", E_DENIED },
	{ "6193, 23 : NOTHING\r\n", "", E_DENIED },
	{ "6193, 24 : USERID : UNIX : alice\r\n", "", E_FORMAT },
	{ "23, 6193 : USERID : UNIX : alice\r\n", "", E_FORMAT },
	{ "6193 23 : USERID : UNIX : alice\r\n", "", E_FORMAT },
	{ "99999999999999999999, 23 : USERID : UNIX : alice\r\n", "", E_FORMAT },
	{ "6193, 23 : USERID : UNIX\r\n", "", E_FORMAT },
	{ "6193, 23 : USERID : UNIX : \r\n", "", E_FORMAT },
	{ "6193, 23", "", E_FORMAT },
	{ "", "", E_FORMAT },
	{ ":::", "", E_FORMAT },
};

START_TEST(only_an_answer_to_the_question_names_a_user)
{
	const struct identd_ports ports = { 6193, 23 };
	char user[IDENTD_USER_SIZE] = "";

	ck_assert_msg(identd_answer(answers[_i].text, strlen(answers[_i].text), &ports, user) == answers[_i].result, "%s",
	    answers[_i].text);
	ck_assert_str_eq(user, answers[_i].user);
}
END_TEST

START_TEST(long_names_and_zero_bytes_are_no_answer)
{
	const struct identd_ports ports = { 1, 2 };
	char user[IDENTD_USER_SIZE], line[IDENTD_LINE_MAX + 8];

	memset(line, 'x', sizeof line);
	memcpy(line, "1,2:USERID:U:", 13);
	ck_assert_int_eq(identd_answer(line, 13 + IDENTD_USER_SIZE, &ports, user), E_FORMAT);
	ck_assert_int_eq(identd_answer(line, 13 + IDENTD_USER_SIZE - 1, &ports, user), 0);
	ck_assert_int_eq(identd_answer(line, sizeof line, &ports, user), E_FORMAT);
	ck_assert_int_eq(identd_answer("1,2:USERID:U:ali\0ce", 19, &ports, user), E_FORMAT);
}
END_TEST

START_TEST(the_question_is_theirs_first)
{
	const struct identd_ports ports = { 6193, 23 };
	char line[64];

	ck_assert_str_eq(identd_question(&ports, line, sizeof line), "6193 , 23\r\n");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tunnel/identd");
	TCase *t = tcase_create("identd");

	tcase_add_loop_test(t, only_an_answer_to_the_question_names_a_user, 0, (int)ARRAY_LEN(answers));
	tcase_add_test(t, long_names_and_zero_bytes_are_no_answer);
	tcase_add_test(t, the_question_is_theirs_first);
	suite_add_tcase(s, t);
	return unit_main(s);
}
