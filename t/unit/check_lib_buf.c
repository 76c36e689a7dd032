#include <errno.h>
#include <string.h>

#include "lib/buf.h"
#include "t/unit/unit.h"

START_TEST(integers_are_written_little_endian)
{
	struct buf b = BUF_INIT;

	buf_u8(&b, 0x01);
	buf_le16(&b, 0x0302);
	buf_le32(&b, 0x07060504);
	buf_le64(&b, 0x0f0e0d0c0b0a0908);
	ck_assert_uint_eq(buf_len(&b), 15);
	ck_assert_mem_eq(buf_head(&b), "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f", 15);
	buf_done(&b);
}
END_TEST

START_TEST(an_empty_buffer_can_be_read)
{
	struct buf b = BUF_INIT;

	ck_assert_uint_eq(buf_len(&b), 0);
	ck_assert_ptr_nonnull(buf_head(&b));
	buf_put(&b, NULL, 0);
	ck_assert_str_eq(buf_cstr(&b), "");
	buf_done(&b);
	buf_done(&b);
}
END_TEST

START_TEST(what_is_written_comes_out_in_order_however_it_is_cut)
{
	struct buf b = BUF_INIT;
	unsigned in = 0, out = 0;

	while (out < 100000) {
		for (unsigned n = in * 7 % 97; n > 0; n--)
			buf_u8(&b, (uint8_t)in++);
		buf_u8(&b, (uint8_t)in++);
		for (unsigned n = out * 5 % 101; n > 0 && buf_len(&b) > 0; n--) {
			ck_assert_uint_eq(*buf_head(&b), (uint8_t)out++);
			buf_consume(&b, 1);
		}
		if (buf_len(&b) > 0) {
			ck_assert_uint_eq(*buf_head(&b), (uint8_t)out++);
			buf_consume(&b, 1);
		}
	}
	ck_assert_int_eq(b.err, 0);
	ck_assert_uint_eq(buf_len(&b), in - out);
	buf_done(&b);
}
END_TEST

START_TEST(a_steady_stream_does_not_grow)
{
	struct buf b = BUF_INIT;
	char block[100] = "";

	for (int i = 0; i < 10000; i++) {
		buf_put(&b, block, sizeof block);
		buf_consume(&b, i % 2 == 0 ? 50 : sizeof block + 50);
	}
	ck_assert_uint_le(b.cap, 1024);
	buf_done(&b);
}
END_TEST

START_TEST(a_failed_allocation_sticks_until_cleared)
{
	struct buf b = BUF_INIT;

	buf_text(&b, "kept");
	ck_assert_ptr_null(buf_reserve(&b, SIZE_MAX - 2));
	ck_assert_int_eq(b.err, -ENOMEM);
	buf_text(&b, " not kept");
	ck_assert_uint_eq(buf_len(&b), 4);
	ck_assert_ptr_null(buf_cstr(&b));
	buf_clear(&b);
	buf_text(&b, "again");
	ck_assert_str_eq(buf_cstr(&b), "again");
	buf_done(&b);
}
END_TEST

START_TEST(text_is_formatted_at_the_end)
{
	struct buf b = BUF_INIT;
	char big[3000];

	memset(big, 'x', sizeof big - 1);
	big[sizeof big - 1] = '\0';
	buf_printf(&b, "%d-%s", 5, "five");
	buf_printf(&b, "%s", "");
	buf_printf(&b, "%s", big);
	ck_assert_uint_eq(buf_len(&b), 6 + sizeof big - 1);
	ck_assert(memcmp(buf_head(&b), "5-fivexxx", 9) == 0);
	buf_done(&b);
}
END_TEST

START_TEST(the_terminator_is_not_counted)
{
	struct buf b = BUF_INIT;

	buf_text(&b, "one");
	ck_assert_str_eq(buf_cstr(&b), "one");
	buf_text(&b, "two");
	ck_assert_str_eq(buf_cstr(&b), "onetwo");
	ck_assert_uint_eq(buf_len(&b), 6);
	buf_done(&b);
}
END_TEST

START_TEST(memory_is_given_back_only_when_empty)
{
	struct buf b = BUF_INIT;

	buf_text(&b, "one");
	buf_release(&b);
	ck_assert_ptr_nonnull(b.data);
	buf_consume(&b, 3);
	buf_release(&b);
	ck_assert_ptr_null(b.data);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("lib/buf");
	TCase *t = tcase_create("buf");

	tcase_add_test(t, integers_are_written_little_endian);
	tcase_add_test(t, an_empty_buffer_can_be_read);
	tcase_add_test(t, what_is_written_comes_out_in_order_however_it_is_cut);
	tcase_add_test(t, a_steady_stream_does_not_grow);
	tcase_add_test(t, a_failed_allocation_sticks_until_cleared);
	tcase_add_test(t, text_is_formatted_at_the_end);
	tcase_add_test(t, the_terminator_is_not_counted);
	tcase_add_test(t, memory_is_given_back_only_when_empty);
	suite_add_tcase(s, t);
	return unit_main(s);
}
