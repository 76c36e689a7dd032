#include "lib/cursor.h"
#include "lib/err.h"
#include "t/unit/unit.h"

START_TEST(integers_are_little_endian)
{
	struct cursor c = cur_of("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f", 15);

	ck_assert_uint_eq(cur_u8(&c), 0x01);
	ck_assert_uint_eq(cur_le16(&c), 0x0302);
	ck_assert_uint_eq(cur_le32(&c), 0x07060504);
	ck_assert_uint_eq(cur_le64(&c), 0x0f0e0d0c0b0a0908);
	ck_assert_int_eq(c.err, 0);
	ck_assert_uint_eq(cur_left(&c), 0);
}
END_TEST

START_TEST(short_input_sticks)
{
	struct cursor c = cur_of("\x01\x02\x03", 3);

	ck_assert_uint_eq(cur_le32(&c), 0);
	ck_assert_int_eq(c.err, E_SHORT);
	ck_assert_uint_eq(cur_u8(&c), 0);	/* though a byte is there */
	ck_assert_ptr_null(cur_bytes(&c, 0));
}
END_TEST

START_TEST(the_first_error_stands)
{
	struct cursor c = cur_of("", 0);

	ck_assert_int_eq(cur_fail(&c, E_LIMIT), E_LIMIT);
	ck_assert_int_eq(cur_fail(&c, E_FORMAT), E_LIMIT);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("lib/cursor");
	TCase *t = tcase_create("cursor");

	tcase_add_test(t, integers_are_little_endian);
	tcase_add_test(t, short_input_sticks);
	tcase_add_test(t, the_first_error_stands);
	suite_add_tcase(s, t);
	return unit_main(s);
}
