#include <inttypes.h>

#include "lib/err.h"
#include "lib/num.h"
#include "t/unit/unit.h"

static const struct {
	const char *text;
	int64_t min, max;
	int result;
	int64_t value;
} numbers[] = {
	{ "0", 0, 9, 0, 0 }, { "9", 0, 9, 0, 9 }, { "-5", -9, 9, 0, -5 }, { "+5", -9, 9, 0, 5 }, { "007", 0, 9, 0, 7 },
	{ "10", 0, 9, E_LIMIT, 0 }, { "-1", 0, 9, E_LIMIT, 0 },
	{ "9223372036854775807", 0, INT64_MAX, 0, INT64_MAX }, { "9223372036854775808", 0, INT64_MAX, E_LIMIT, 0 },
	{ "-9223372036854775808", INT64_MIN, 0, 0, INT64_MIN }, { "-9223372036854775809", INT64_MIN, 0, E_LIMIT, 0 },
	{ "99999999999999999999999999", 0, INT64_MAX, E_LIMIT, 0 },
	{ "", 0, 9, E_FORMAT, 0 }, { "-", -9, 9, E_FORMAT, 0 }, { "+-5", -9, 9, E_FORMAT, 0 }, { " 5", 0, 9, E_FORMAT, 0 },
	{ "5 ", 0, 9, E_FORMAT, 0 }, { "5x", 0, 9, E_FORMAT, 0 }, { "0x5", 0, 9, E_FORMAT, 0 }, { "five", 0, 9, E_FORMAT, 0 },
	{ "99999999999999999999999999x", 0, 9, E_FORMAT, 0 },
};

START_TEST(a_number_is_in_range_or_refused)
{
	int64_t v = 4711;
	int r = num_parse(numbers[_i].text, numbers[_i].min, numbers[_i].max, &v);

	ck_assert_msg(r == numbers[_i].result, "\"%s\": %d", numbers[_i].text, r);
	ck_assert_msg(v == (r == 0 ? numbers[_i].value : 4711), "\"%s\": %" PRId64, numbers[_i].text, v);
}
END_TEST

static const struct {
	const char *text;
	int32_t value;
} loose[] = {
	{ "12", 12 }, { " 12", 12 }, { "-3", -3 }, { "12x", 12 }, { "0x10", 0 }, { "", 0 }, { "x", 0 }, { "1 2", 1 },
	{ "2147483647", INT32_MAX }, { "2147483648", INT32_MAX }, { "-2147483649", INT32_MIN },
	{ "99999999999999999999", INT32_MAX }, { "-99999999999999999999", INT32_MIN },
};

START_TEST(rsync_reads_a_leading_number_or_none)
{
	ck_assert_msg(num_atoi(loose[_i].text) == loose[_i].value, "\"%s\": %d", loose[_i].text, num_atoi(loose[_i].text));
}
END_TEST

static const struct {
	const char *text;
	int result, value;
} bools[] = {
	{ "yes", 0, 1 }, { "no", 0, 0 }, { "true", 0, 1 }, { "false", 0, 0 }, { "1", 0, 1 }, { "0", 0, 0 }, { "YES", 0, 1 },
	{ "N O", 0, 0 }, { " \tFa lse ", 0, 0 },
	{ "", E_FORMAT, 0 }, { "on", E_FORMAT, 0 }, { "y", E_FORMAT, 0 }, { "2", E_FORMAT, 0 }, { "-1", E_FORMAT, 0 },
	{ "yess", E_FORMAT, 0 }, { "yes no", E_FORMAT, 0 }, { "falsefalsefalse", E_FORMAT, 0 },
};

START_TEST(a_bool_ignores_case_and_blanks_and_nothing_else)
{
	int v = 4711, r = num_bool(bools[_i].text, &v);

	ck_assert_msg(r == bools[_i].result, "\"%s\": %d", bools[_i].text, r);
	ck_assert_msg(v == (r == 0 ? bools[_i].value : 4711), "\"%s\": %d", bools[_i].text, v);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("lib/num");
	TCase *t = tcase_create("num");

	tcase_add_loop_test(t, a_number_is_in_range_or_refused, 0, ARRAY_LEN(numbers));
	tcase_add_loop_test(t, rsync_reads_a_leading_number_or_none, 0, ARRAY_LEN(loose));
	tcase_add_loop_test(t, a_bool_ignores_case_and_blanks_and_nothing_else, 0, ARRAY_LEN(bools));
	suite_add_tcase(s, t);
	return unit_main(s);
}
