#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "client-wrap/report.h"
#include "t/unit/unit.h"

START_TEST(what_is_said_is_heard)
{
	const uint8_t scope[REPORT_SCOPE] = { 7 }, other[REPORT_SCOPE] = { 8 };
	struct buf text = BUF_INIT;
	struct report r;
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_NONBLOCK), 0);
	report_scope(ends[1], scope);
	report_session(ends[1], (const uint8_t *)"first", 5);
	report_scope(ends[1], other);		/* said by who has read the peer's bytes: too late */
	report_session(ends[1], (const uint8_t *)"second", 6);
	report_status(ends[1], 87);
	close(ends[1]);
	report_read(ends[0], 60000, &text);
	report_parse(buf_head(&text), buf_len(&text), &r);
	ck_assert_mem_eq(r.scope, scope, sizeof scope);
	ck_assert_uint_eq(r.n_session, 6);
	ck_assert_mem_eq(r.session, "second", 6);
	ck_assert_int_eq(r.status, 87);
	buf_done(&text);
}
END_TEST

START_TEST(a_full_pipe_makes_nobody_wait)
{
	static uint8_t large[REPORT_SESSION_MAX + 1];
	struct buf text = BUF_INIT;
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_NONBLOCK), 0);
	for (int i = 0; i < 100; i++)
		report_session(ends[1], large, REPORT_SESSION_MAX);
	report_session(ends[1], large, sizeof large);
	report_session(-1, large, 1);
	report_read(ends[0], 100, &text);
	ck_assert_uint_le(buf_len(&text), REPORT_MAX + 4096);
	buf_done(&text);
}
END_TEST

static const struct {
	const char *bytes;
	size_t n;
	int status;
} rows[] = {
	{ "", 0, 0 }, { "e\x01\x00Q", 4, 81 }, { "e\x01\x00", 3, 0 }, { "e\xff\xffQ", 4, 0 }, { "e\x02\x00QQ", 5, 0 }, { "?\x01\x00Qe\x01\x00R", 8, 82 },
	{ "s\x01\x00Qe\x01\x00R", 8, 82 }, { "t\x00\x00" "e\x01\x00R", 7, 82 },
};

START_TEST(what_is_no_message_is_nothing)
{
	struct report r;

	report_parse((const uint8_t *)rows[_i].bytes, rows[_i].n, &r);
	ck_assert_int_eq(r.status, rows[_i].status);
	ck_assert(r.scope == NULL && r.session == NULL);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("client-wrap/report");
	TCase *t = tcase_create("report");

	tcase_add_test(t, what_is_said_is_heard);
	tcase_add_test(t, a_full_pipe_makes_nobody_wait);
	tcase_add_loop_test(t, what_is_no_message_is_nothing, 0, (int)(sizeof rows / sizeof rows[0]));
	suite_add_tcase(s, t);
	return unit_main(s);
}
