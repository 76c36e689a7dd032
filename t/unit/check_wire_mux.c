#include "syncd/wire/mux.h"
#include "t/unit/hex.h"
#include "t/unit/unit.h"

START_TEST(a_head_is_length_and_tag)
{
	struct buf b = BUF_INIT;

	mux_head_put(&b, MSG_DATA, 4);
	mux_head_put(&b, MSG_DATA, 0xffffff);
	mux_head_put(&b, MSG_ERROR_EXIT, 4);
	mux_head_put(&b, MSG_IO_TIMEOUT, 4);
	hex_same(&b, "04000007 ffffff07 0400005d 04000028", "heads");
	buf_done(&b);
}
END_TEST

static const struct row {
	unsigned tag;
	size_t len;
	int from_receiver, from_sender;	/* what the peer may say */
} rows[] = {
	{ 0x07, 0, 0, 0 }, { 0x07, 0xffffff, 0, 0 },
	{ 0x08, 5119, 0, 0 }, { 0x08, 5120, E_FORMAT, E_FORMAT }, { 0x09, 0, 0, 0 }, { 0x0a, 1, 0, 0 }, { 0x0b, 1, 0, 0 },
	{ 0x0c, 1, E_FORMAT, E_FORMAT }, { 0x0d, 1, E_FORMAT, E_FORMAT }, { 0x0e, 1, E_FORMAT, E_FORMAT },
	{ 0x0f, 1, E_FORMAT, E_FORMAT }, { 0x10, 4, E_FORMAT, E_FORMAT }, { 0x11, 8, E_FORMAT, E_FORMAT },
	{ 0x1d, 4, 0, 0 }, { 0x1d, 3, E_FORMAT, E_FORMAT }, { 0x1d, 5, E_FORMAT, E_FORMAT },
	{ 0x28, 4, E_FORMAT, E_FORMAT },		/* a daemon says this */
	{ 0x31, 0, 0, 0 }, { 0x31, 1, E_FORMAT, E_FORMAT },
	{ 0x5d, 0, 0, 0 }, { 0x5d, 4, 0, 0 }, { 0x5d, 1, E_FORMAT, E_FORMAT }, { 0x5d, 8, E_FORMAT, E_FORMAT },
	{ 0x6b, 4, 0, E_FORMAT }, { 0x6b, 0, E_FORMAT, E_FORMAT },
	{ 0x6c, 3, E_FORMAT, E_FORMAT },
	{ 0x6d, 4, E_FORMAT, 0 },
	{ 0x00, 0, E_FORMAT, E_FORMAT }, { 0x06, 0, E_FORMAT, E_FORMAT }, { 0xff, 0, E_FORMAT, E_FORMAT },
};

START_TEST(a_peer_may_say_only_what_its_part_says)
{
	const struct row *r = &rows[_i];
	uint8_t head[4] = { (uint8_t)r->len, (uint8_t)(r->len >> 8), (uint8_t)(r->len >> 16), (uint8_t)r->tag };
	struct cursor c = cur_of(head, 4);
	unsigned code = 999;
	size_t len = 999;

	ck_assert_msg(mux_head_get(&c, MUX_PEER_RECEIVER, &code, &len) == r->from_receiver, "tag %02x len %zu", r->tag, r->len);
	if (r->from_receiver == 0)
		ck_assert(code == r->tag - 7 && len == r->len);
	c = cur_of(head, 4);
	ck_assert_msg(mux_head_get(&c, MUX_PEER_SENDER, &code, &len) == r->from_sender, "tag %02x len %zu", r->tag, r->len);
	for (size_t n = 0; n < 4; n++) {
		c = cur_of(head, n);
		ck_assert_int_eq(mux_head_get(&c, MUX_PEER_RECEIVER, &code, &len), E_SHORT);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("syncd/wire/mux");
	TCase *t = tcase_create("mux");

	tcase_add_test(t, a_head_is_length_and_tag);
	tcase_add_loop_test(t, a_peer_may_say_only_what_its_part_says, 0, ARRAY_LEN(rows));
	suite_add_tcase(s, t);
	return unit_main(s);
}
