#include "syncd/wire/ndx.h"
#include "t/unit/hex.h"
#include "t/unit/unit.h"

static const struct {
	int32_t ndx;
	const char *hex;
} sequence[] = {	/* rsync-wire 3.7, one direction */
	{ 0, "01" }, { 1, "01" }, { 2, "01" }, { 255, "fd" }, { 256, "01" }, { 600, "fe0158" }, { 600, "fe0000" },
	{ 599, "fe80570200" }, { 40000, "fe80409c00" }, { 80000, "fe80803801" }, { -1, "00" }, { -101, "ff64" },
	{ -102, "ff01" }, { -2, "fffe80020000" }, { -3, "ff01" }, { -103, "ff64" }, { -1, "00" }, { 80001, "01" },
	{ 5, "fe80050000" },
};

START_TEST(the_sequence_of_the_protocol_goes_both_ways)
{
	struct ndx_state out = NDX_STATE_INIT, in = NDX_STATE_INIT;
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < ARRAY_LEN(sequence); i++) {
		buf_clear(&b);
		ndx_put(&b, 30, &out, sequence[i].ndx);
		hex_same(&b, sequence[i].hex, "index");
		struct cursor c = cur_of(buf_head(&b), buf_len(&b));
		ck_assert_int_eq(ndx_get(&c, 30, &in), sequence[i].ndx);
		ck_assert(c.err == 0 && cur_left(&c) == 0);
	}
	buf_done(&b);
}
END_TEST

START_TEST(a_cut_index_leaves_the_state_alone)
{
	struct ndx_state in = NDX_STATE_INIT, before;
	struct buf b = BUF_INIT;
	struct cursor c;
	uint8_t *copy;

	for (size_t i = 0; i < ARRAY_LEN(sequence); i++) {
		buf_clear(&b);
		hex_put(&b, sequence[i].hex);
		for (size_t n = 0; n < buf_len(&b); n++) {
			before = in;
			c = hex_part(&b, n, &copy);
			ndx_get(&c, 32, &in);
			ck_assert_int_eq(c.err, E_SHORT);
			ck_assert(in.positive == before.positive && in.negative == before.negative);
			free(copy);
		}
		c = cur_of(buf_head(&b), buf_len(&b));
		ck_assert_int_eq(ndx_get(&c, 32, &in), sequence[i].ndx);
	}
	buf_done(&b);
}
END_TEST

START_TEST(old_protocols_send_plain_integers)
{
	struct ndx_state st = NDX_STATE_INIT;
	struct buf b = BUF_INIT;

	ndx_put(&b, 29, &st, -1);
	ndx_put(&b, 27, &st, 0x01020304);
	hex_same(&b, "ffffffff 04030201", "plain");
	struct cursor c = cur_of(buf_head(&b), buf_len(&b));
	ck_assert_int_eq(ndx_get(&c, 29, &st), NDX_DONE);
	ck_assert_int_eq(ndx_get(&c, 28, &st), 0x01020304);
	buf_done(&b);
}
END_TEST

START_TEST(an_index_beyond_31_bits_is_refused)
{
	static const uint8_t top[] = { 0xfe, 0xff, 0xff, 0xff, 0xff }, one[] = { 1 }, far[] = { 0xfe, 0x7f, 0xff };
	struct ndx_state st = NDX_STATE_INIT, before;
	struct cursor c = cur_of(top, sizeof top);

	ck_assert_int_eq(ndx_get(&c, 32, &st), INT32_MAX);
	before = st;
	c = cur_of(one, sizeof one);
	ndx_get(&c, 32, &st);
	ck_assert_int_eq(c.err, E_LIMIT);
	c = cur_of(far, sizeof far);
	ndx_get(&c, 32, &st);
	ck_assert_int_eq(c.err, E_LIMIT);
	ck_assert_int_eq(st.positive, before.positive);
}
END_TEST

static const struct {
	struct item item;
	const char *hex;
} items[] = {
	{ { .flags = 0xa000, .basis = BASIS_DEST }, "00a0" },
	{ { .flags = 0x8808, .basis = BASIS_PARTIAL_DIR }, "088881" },
	{ { .flags = 0x9000, .basis = BASIS_DEST, .xname = "ab", .xname_len = 2 }, "0090 02 \"ab\"" },
	{ { .flags = 0x9800, .basis = 0x83, .xname = "x", .xname_len = 1 }, "0098 83 01 \"x\"" },
};

START_TEST(item_flags_say_what_follows)
{
	struct buf b = BUF_INIT;
	struct item it;
	struct cursor c;
	uint8_t *copy;

	item_put(&b, &items[_i].item);
	hex_same(&b, items[_i].hex, "item");
	c = cur_of(buf_head(&b), buf_len(&b));
	ck_assert_int_eq(item_get(&c, &it), 0);
	ck_assert_uint_eq(it.flags, items[_i].item.flags);
	ck_assert_uint_eq(it.basis, items[_i].item.basis);
	ck_assert_uint_eq(it.xname_len, items[_i].item.xname_len);
	ck_assert(it.xname_len == 0 || memcmp(it.xname, items[_i].item.xname, it.xname_len) == 0);
	for (size_t n = 0; n < buf_len(&b); n++) {
		c = hex_part(&b, n, &copy);
		ck_assert_int_eq(item_get(&c, &it), E_SHORT);
		free(copy);
	}
	buf_done(&b);
}
END_TEST

START_TEST(a_name_of_4096_bytes_is_too_long)
{
	static const uint8_t head[] = { 0x00, 0x90, 0x90, 0x00 };	/* 0x1000 */
	struct cursor c = cur_of(head, sizeof head);
	struct item it;

	ck_assert_int_eq(item_get(&c, &it), E_LIMIT);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("syncd/wire/ndx");
	TCase *t = tcase_create("ndx");

	tcase_add_test(t, the_sequence_of_the_protocol_goes_both_ways);
	tcase_add_test(t, a_cut_index_leaves_the_state_alone);
	tcase_add_test(t, old_protocols_send_plain_integers);
	tcase_add_test(t, an_index_beyond_31_bits_is_refused);
	tcase_add_loop_test(t, item_flags_say_what_follows, 0, ARRAY_LEN(items));
	tcase_add_test(t, a_name_of_4096_bytes_is_too_long);
	suite_add_tcase(s, t);
	return unit_main(s);
}
