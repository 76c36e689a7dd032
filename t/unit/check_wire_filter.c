#include "syncd/wire/filter.h"
#include "t/unit/hex.h"
#include "t/unit/unit.h"

START_TEST(rules_come_until_a_length_of_zero)
{
	struct buf b = BUF_INIT;
	const char *text;
	struct cursor c;
	size_t n;

	hex_put(&b, "05000000 \"- *.o\" 01000000 \"!\" 00000000");
	c = cur_of(buf_head(&b), buf_len(&b));
	ck_assert_int_eq(filter_get(&c, &text, &n), 0);
	ck_assert(n == 5 && memcmp(text, "- *.o", 5) == 0);
	ck_assert_int_eq(filter_get(&c, &text, &n), 0);
	ck_assert(n == 1 && text[0] == '!');
	ck_assert_int_eq(filter_get(&c, &text, &n), 0);
	ck_assert(n == 0 && cur_left(&c) == 0);
	buf_done(&b);
}
END_TEST

START_TEST(a_cut_rule_is_short)
{
	struct buf b = BUF_INIT;
	const char *text;
	struct cursor c;
	uint8_t *copy;
	size_t n;

	hex_put(&b, "05000000 \"- *.o\"");
	for (size_t len = 0; len < buf_len(&b); len++) {
		c = hex_part(&b, len, &copy);
		ck_assert_int_eq(filter_get(&c, &text, &n), E_SHORT);
		free(copy);
	}
	buf_done(&b);
}
END_TEST

static const struct { const char *hex; int r; } bad[] = {
	{ "00140000", E_LIMIT },	/* 5120 */
	{ "ff130000", E_SHORT },	/* 5119 may come */
	{ "00000080", E_LIMIT }, { "ffffffff", E_LIMIT }, { "ffffff7f", E_LIMIT }, { "03000000 610062", E_FORMAT },
};

START_TEST(a_claim_is_checked_before_its_bytes_are_awaited)
{
	struct buf b = BUF_INIT;
	const char *text;
	struct cursor c;
	size_t n;

	hex_put(&b, bad[_i].hex);
	c = cur_of(buf_head(&b), buf_len(&b));
	ck_assert_msg(filter_get(&c, &text, &n) == bad[_i].r, "%s", bad[_i].hex);
	buf_done(&b);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("syncd/wire/filter");
	TCase *t = tcase_create("filter");

	tcase_add_test(t, rules_come_until_a_length_of_zero);
	tcase_add_test(t, a_cut_rule_is_short);
	tcase_add_loop_test(t, a_claim_is_checked_before_its_bytes_are_awaited, 0, ARRAY_LEN(bad));
	suite_add_tcase(s, t);
	return unit_main(s);
}
