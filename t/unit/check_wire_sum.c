#include "syncd/types.h"
#include "syncd/wire/sum.h"
#include "t/unit/hex.h"
#include "t/unit/unit.h"

static const struct row {
	int32_t count, block, digest, tail;
	int version;
	size_t len;
	int r;
} rows[] = {
	{ 0, 0, 0, 0, 32, 16, 0 },
	{ 0, 32768, 2, 0, 29, 16, 0 },			/* openrsync without a basis */
	{ 1, 700, 2, 20, 32, 16, 0 },
	{ 1, 700, 16, 700, 32, 16, 0 },
	{ 1, 700, 17, 20, 32, 16, E_LIMIT }, { 1, 700, 9, 20, 32, 8, E_LIMIT }, { 1, 700, 2, 0, 32, 1, E_LIMIT },
	{ 1, 131072, 2, 0, 30, 16, 0 }, { 1, 131073, 2, 0, 30, 16, E_LIMIT },
	{ 1, 131073, 2, 0, 29, 16, 0 }, { 1, 1 << 29, 2, 0, 29, 16, 0 }, { 1, (1 << 29) + 1, 2, 0, 29, 16, E_LIMIT },
	{ -1, 700, 2, 0, 32, 16, E_LIMIT }, { 1, -1, 2, 0, 32, 16, E_LIMIT }, { 1, 700, -1, 0, 32, 16, E_LIMIT },
	{ 1, 700, 2, -1, 32, 16, E_LIMIT }, { INT32_MIN, 700, 2, 0, 32, 16, E_LIMIT },
	{ INT32_MAX, 700, 2, 0, 32, 16, E_LIMIT }, { SUM_COUNT_MAX + 1, 700, 2, 0, 32, 16, E_LIMIT },
	{ 1, 0, 2, 0, 32, 16, E_FORMAT }, { 1, 700, 2, 701, 32, 16, E_FORMAT }, { 0, 0, 0, 1, 32, 16, E_FORMAT },
};

START_TEST(a_sum_head_is_bounded_by_protocol_and_digest)
{
	const struct row *r = &rows[_i];
	struct sum_head in = { r->count, r->block, r->digest, r->tail }, out = { 7, 7, 7, 7 };
	struct buf b = BUF_INIT;
	struct cursor c;
	uint8_t *copy;

	sum_head_put(&b, &in);
	ck_assert_uint_eq(buf_len(&b), SUM_HEAD_SIZE);
	c = cur_of(buf_head(&b), buf_len(&b));
	ck_assert_msg(sum_head_get(&c, r->version, r->len, &out) == r->r, "row %d", _i);
	if (r->r == 0)
		ck_assert(memcmp(&in, &out, sizeof in) == 0);
	else
		ck_assert(out.count == 7 && out.tail == 7);
	for (size_t n = 0; n < SUM_HEAD_SIZE; n++) {
		c = hex_part(&b, n, &copy);
		ck_assert_int_eq(sum_head_get(&c, r->version, r->len, &out), E_SHORT);
		free(copy);
	}
	buf_done(&b);
}
END_TEST

START_TEST(the_captured_head_is_written)
{
	struct buf b = BUF_INIT;

	sum_head_put(&b, &(struct sum_head){ 1, 700, 2, 20 });
	hex_same(&b, "01000000 bc020000 02000000 14000000", "head of trace 11.3");
	ck_assert_int_eq(token_of_block(0), -1);
	ck_assert_int_eq(token_of_block(INT32_MAX - 1), -INT32_MAX);
	buf_done(&b);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("syncd/wire/sum");
	TCase *t = tcase_create("sum");

	tcase_add_loop_test(t, a_sum_head_is_bounded_by_protocol_and_digest, 0, ARRAY_LEN(rows));
	tcase_add_test(t, the_captured_head_is_written);
	suite_add_tcase(s, t);
	return unit_main(s);
}
