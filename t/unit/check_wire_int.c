#include "syncd/wire/int.h"
#include "t/unit/hex.h"
#include "t/unit/unit.h"

enum form { LONGINT, VARINT, VARLONG3, VARLONG4 };

static const struct row {
	enum form form;
	int64_t value;
	const char *hex;
} rows[] = {	/* rsync-wire 3.2, 3.4, 3.5 */
	{ LONGINT, 0, "00000000" },
	{ LONGINT, 0x7fffffff, "ffffff7f" },
	{ LONGINT, 0x80000000, "ffffffff 0000008000000000" },
	{ LONGINT, 1ll << 40, "ffffffff 0000000000010000" },
	{ LONGINT, -1, "ffffffff ffffffffffffffff" },
	{ VARINT, 0, "00" }, { VARINT, 127, "7f" }, { VARINT, 128, "8080" }, { VARINT, 255, "80ff" },
	{ VARINT, 256, "8100" }, { VARINT, 0x1ff, "81ff" }, { VARINT, 1000, "83e8" }, { VARINT, 16383, "bfff" },
	{ VARINT, 16384, "c00040" }, { VARINT, 65535, "c0ffff" }, { VARINT, 2097151, "dfffff" },
	{ VARINT, 2097152, "e0000020" }, { VARINT, 0x0fffffff, "efffffff" }, { VARINT, 0x10000000, "f000000010" },
	{ VARINT, 0x7fffffff, "f0ffffff7f" }, { VARINT, -1, "f0ffffffff" }, { VARINT, -2, "f0feffffff" },
	{ VARLONG3, 0, "000000" }, { VARLONG3, 20, "001400" }, { VARLONG3, 5000, "008813" },
	{ VARLONG3, 65536, "010000" }, { VARLONG3, 390070, "05b6f3" }, { VARLONG3, 8388607, "7fffff" },
	{ VARLONG3, 8388608, "80000080" }, { VARLONG3, 1ll << 31, "c000000080" },
	{ VARLONG3, (1ll << 32) - 1, "c0ffffffff" }, { VARLONG3, 1ll << 32, "c100000000" },
	{ VARLONG3, 1ll << 40, "e10000000000" }, { VARLONG3, INT64_MAX, "fcffffffffffffff7f" },
	{ VARLONG3, -1, "fcffffffffffffffff" },
	{ VARLONG4, 0, "00000000" }, { VARLONG4, 1704164645, "65257d93" }, { VARLONG4, 1ll << 31, "8000000080" },
	{ VARLONG4, 1ll << 32, "8100000000" }, { VARLONG4, -1, "f8ffffffffffffffff" },
	{ VARLONG4, -86400, "f880aefeffffffffff" },
};

static void
put(struct buf *b, enum form form, int64_t v)
{
	switch (form) {
	case LONGINT: put_longint(b, v); break;
	case VARINT: put_varint(b, (int32_t)v); break;
	case VARLONG3: put_varlong(b, v, 3); break;
	case VARLONG4: put_varlong(b, v, 4); break;
	}
}

static int64_t
get(struct cursor *c, enum form form)
{
	switch (form) {
	case LONGINT: return get_longint(c);
	case VARINT: return get_varint(c);
	case VARLONG3: return get_varlong(c, 3);
	case VARLONG4: return get_varlong(c, 4);
	}
	return 0;
}

START_TEST(every_vector_of_the_protocol_is_written_and_read)
{
	const struct row *r = &rows[_i];
	struct buf b = BUF_INIT;
	struct cursor c;

	put(&b, r->form, r->value);
	hex_same(&b, r->hex, "written");
	c = cur_of(buf_head(&b), buf_len(&b));
	ck_assert_msg(get(&c, r->form) == r->value && c.err == 0 && cur_left(&c) == 0, "%s", r->hex);
	buf_done(&b);
}
END_TEST

START_TEST(a_cut_integer_is_short_at_every_byte)
{
	struct buf b = BUF_INIT;
	struct cursor c;
	uint8_t *copy;

	hex_put(&b, rows[_i].hex);
	for (size_t n = 0; n < buf_len(&b); n++) {
		c = hex_part(&b, n, &copy);
		get(&c, rows[_i].form);
		ck_assert_msg(c.err == E_SHORT, "%s cut to %zu bytes: %d", rows[_i].hex, n, c.err);
		free(copy);
	}
	buf_done(&b);
}
END_TEST

START_TEST(any_value_comes_back)
{
	struct buf b = BUF_INIT;
	struct cursor c;

	for (int bits = 0; bits < 64; bits++)
		for (int off = -2; off <= 2; off++) {
			int64_t v = (int64_t)((1ull << bits) + (uint64_t)(int64_t)off);

			for (int form = LONGINT; form <= VARLONG4; form++) {
				if (form == VARINT && v != (int32_t)v)
					continue;
				buf_clear(&b);
				put(&b, (enum form)form, v);
				c = cur_of(buf_head(&b), buf_len(&b));
				ck_assert_msg(get(&c, (enum form)form) == v && c.err == 0 && cur_left(&c) == 0,
				    "form %d, %lld", form, (long long)v);
			}
		}
	buf_done(&b);
}
END_TEST

START_TEST(lead_bytes_that_ask_for_too_much_are_refused)
{
	static const uint8_t f8[10] = { 0xf8 }, fc[11] = { 0xfc };
	struct cursor c = cur_of(f8, sizeof f8);

	get_varint(&c);
	ck_assert_int_eq(c.err, E_FORMAT);
	c = cur_of(fc, sizeof fc);
	get_varint(&c);
	ck_assert_int_eq(c.err, E_FORMAT);
	c = cur_of(fc, sizeof fc);
	get_varlong(&c, 4);		/* 4 + 6 > 9 */
	ck_assert_int_eq(c.err, E_FORMAT);
	c = cur_of(fc, sizeof fc);
	get_varlong(&c, 3);
	ck_assert_int_eq(c.err, 0);
}
END_TEST

START_TEST(sizes_and_numbers_follow_the_version)
{
	struct buf b = BUF_INIT;

	put_size(&b, 29, 20);
	put_size(&b, 30, 20);
	put_num(&b, 29, 1234);
	put_num(&b, 30, 1234);
	hex_same(&b, "14000000 001400 d2040000 84d2", "sizes and numbers");
	struct cursor c = cur_of(buf_head(&b), buf_len(&b));
	ck_assert_int_eq(get_size(&c, 29), 20);
	ck_assert_int_eq(get_size(&c, 30), 20);
	ck_assert_int_eq(get_num(&c, 29), 1234);
	ck_assert_int_eq(get_num(&c, 30), 1234);
	buf_done(&b);
}
END_TEST

START_TEST(strings_change_their_head_at_128_bytes)
{
	static const size_t lens[] = { 0, 1, 127, 128, 255, 256, 32767 };
	static char text[32768];
	size_t n, len = lens[_i];
	struct buf b = BUF_INIT;
	const char *back;

	memset(text, 'x', sizeof text);
	put_vstring(&b, text, len);
	ck_assert_uint_eq(buf_len(&b), len + (len < 128 ? 1 : 2));
	struct cursor c = cur_of(buf_head(&b), buf_len(&b));
	back = get_vstring(&c, 32767, &n);
	ck_assert_ptr_nonnull(back);
	ck_assert(n == len && memcmp(back, text, n) == 0 && cur_left(&c) == 0);
	if (len > 0) {
		c = cur_of(buf_head(&b), buf_len(&b));
		ck_assert_ptr_null(get_vstring(&c, len - 1, &n));
		ck_assert_int_eq(c.err, E_LIMIT);	/* said before the bytes are there */
		c = cur_of(buf_head(&b), buf_len(&b) - 1);
		ck_assert_ptr_null(get_vstring(&c, 32767, &n));
		ck_assert_int_eq(c.err, E_SHORT);
	}
	buf_done(&b);
}
END_TEST

START_TEST(a_string_beyond_its_head_is_not_written)
{
	struct buf b = BUF_INIT;
	char *big = calloc(1, 32768);

	put_vstring(&b, big, 32768);
	ck_assert_int_eq(b.err, E_LIMIT);
	free(big);
	buf_done(&b);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("syncd/wire/int");
	TCase *t = tcase_create("int");

	tcase_add_loop_test(t, every_vector_of_the_protocol_is_written_and_read, 0, ARRAY_LEN(rows));
	tcase_add_loop_test(t, a_cut_integer_is_short_at_every_byte, 0, ARRAY_LEN(rows));
	tcase_add_test(t, any_value_comes_back);
	tcase_add_test(t, lead_bytes_that_ask_for_too_much_are_refused);
	tcase_add_test(t, sizes_and_numbers_follow_the_version);
	tcase_add_loop_test(t, strings_change_their_head_at_128_bytes, 0, 7);
	tcase_add_test(t, a_string_beyond_its_head_is_not_written);
	suite_add_tcase(s, t);
	return unit_main(s);
}
