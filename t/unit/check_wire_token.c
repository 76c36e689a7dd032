#include "syncd/wire/token.h"
#include "t/unit/hex.h"
#include "t/unit/unit.h"

enum { BLOCKS_MAX = 200000 };

/* What a receiver makes of the records: block numbers, checked as it checks them. */
static size_t
expand(const struct buf *b, int32_t *blocks)
{
	struct cursor c = cur_of(buf_head(b), buf_len(b));
	int32_t base = 0;
	size_t n = 0;

	while (cur_left(&c) > 0) {
		uint8_t first = cur_u8(&c);
		int32_t more = 0;

		if (first >= 0x80)
			base += first & 0x3f;
		else
			base = (int32_t)cur_le32(&c);
		ck_assert(first >= 0x80 || first == 0x20 || first == 0x21);
		if (first >= 0xc0 || first == 0x21)
			more = cur_le16(&c);
		for (int32_t k = 0; k <= more; k++)
			blocks[n++] = base + k;
		base += more;
	}
	ck_assert_int_eq(c.err, 0);
	return n;
}

static const struct {
	int32_t v[8];
	size_t n;
	const char *hex;
} rows[] = {
	{ { 0 }, 1, "80" }, { { 63 }, 1, "bf" }, { { 64 }, 1, "20 40000000" }, { { 0, 1 }, 2, "c0 0100" },
	{ { 0, 1, 2, 5 }, 4, "c0 0200 83" }, { { 5, 5 }, 2, "85 80" }, { { 5, 4 }, 2, "85 20 04000000" },
	{ { 100, 101, 102 }, 3, "21 64000000 0200" }, { { 0x7ffffffe }, 1, "20 feffff7f" },
	{ { 7, 8, 7, 8 }, 4, "c7 0100 21 07000000 0100" },
};

START_TEST(runs_are_gathered_and_relative_where_they_can_be)
{
	struct token_run run = { 0 };
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < rows[_i].n; i++)
		token_block_put(&b, &run, rows[_i].v[i]);
	token_run_put(&b, &run);
	token_run_put(&b, &run);	/* nothing is left: nothing is said */
	hex_same(&b, rows[_i].hex, "tokens");
	buf_done(&b);
}
END_TEST

START_TEST(a_run_has_65536_blocks_at_most)
{
	static int32_t back[BLOCKS_MAX];
	struct token_run run = { 0 };
	struct buf b = BUF_INIT;

	for (int32_t i = 0; i < 140000; i++)
		token_block_put(&b, &run, i);
	token_run_put(&b, &run);
	ck_assert_uint_eq(expand(&b, back), 140000);
	for (int32_t i = 0; i < 140000; i++)
		ck_assert_int_eq(back[i], i);
	buf_done(&b);
}
END_TEST

START_TEST(any_sequence_comes_back)
{
	static int32_t in[BLOCKS_MAX], back[BLOCKS_MAX];
	struct token_run run = { 0 };
	struct buf b = BUF_INIT;
	size_t n = 20000;

	srandom(1);
	for (size_t i = 0; i < n; i++) {
		in[i] = i > 0 && random() % 4 != 0 ? in[i - 1] + 1 : (int32_t)(random() % (i % 3 == 0 ? 100 : 1000000));
		token_block_put(&b, &run, in[i]);
		if (random() % 50 == 0)
			token_run_put(&b, &run);	/* as before literal data */
	}
	token_run_put(&b, &run);
	ck_assert_uint_eq(expand(&b, back), n);
	ck_assert(memcmp(in, back, n * sizeof *in) == 0);
	buf_done(&b);
}
END_TEST

START_TEST(data_and_end_have_their_heads)
{
	static uint8_t big[TOKEN_DATA_MAX];
	struct buf b = BUF_INIT;

	token_data_put(&b, (const uint8_t *)"\xaa\xe0\x02\x00", 4);
	token_end_put(&b);
	hex_same(&b, "4004 aae00200 00", "the file of one byte and a newline");
	buf_clear(&b);
	token_data_put(&b, big, sizeof big);
	ck_assert(buf_head(&b)[0] == 0x7f && buf_head(&b)[1] == 0xff && buf_len(&b) == sizeof big + 2);
	buf_done(&b);
}
END_TEST

/* Every prefix of the records is short, and the whole gives the blocks back. */
START_TEST(the_reader_gives_the_blocks_back)
{
	struct buf b = BUF_INIT;
	struct token_run run = { 0 };
	struct token_record t;
	struct cursor c;
	int64_t base = 0;
	size_t n = 0;
	uint8_t *copy;

	for (size_t i = 0; i < rows[_i].n; i++)
		token_block_put(&b, &run, rows[_i].v[i]);
	token_run_put(&b, &run);
	c = cur_of(buf_head(&b), buf_len(&b));
	while (cur_left(&c) > 0) {
		ck_assert_int_eq(token_get(&c, base, &t), 0);
		ck_assert_int_eq(t.kind, TOKEN_BLOCKS);
		for (size_t k = 0; k < t.n; k++)
			ck_assert_int_eq(t.block + (int64_t)k, rows[_i].v[n++]);
		base = t.block + (int64_t)t.n - 1;
	}
	ck_assert_uint_eq(n, rows[_i].n);
	c = hex_part(&b, buf_len(&b) - 1, &copy);
	for (base = 0; c.err == 0; base = t.block + (int64_t)t.n - 1)
		token_get(&c, base, &t);
	ck_assert_int_eq(c.err, E_SHORT);
	free(copy);
	buf_done(&b);
}
END_TEST

static const struct { const char *hex; int64_t base; int r, kind; int64_t block; size_t n; } records[] = {
	{ "00", 5, 0, TOKEN_END, 0, 1 }, { "", 0, E_SHORT, 0, 0, 0 }, { "4002 aabb", 0, 0, TOKEN_DATA, 0, 2 }, { "4002 aa", 0, E_SHORT, 0, 0, 0 },
	{ "40", 0, E_SHORT, 0, 0, 0 }, { "4000", 0, 0, TOKEN_DATA, 0, 0 }, { "20 ffffffff", 0, E_FORMAT, 0, 0, 0 }, { "21 00000080 0100", 0, E_FORMAT, 0, 0, 0 },
	{ "20 ffffff7f", 9, 0, TOKEN_BLOCKS, INT32_MAX, 1 }, { "21 ffffff7f ffff", 9, 0, TOKEN_BLOCKS, INT32_MAX, 65536 },
	{ "bf", INT32_MAX, 0, TOKEN_BLOCKS, INT32_MAX + 63LL, 1 }, { "01", 0, E_FORMAT, 0, 0, 0 }, { "3f", 0, E_FORMAT, 0, 0, 0 }, { "22 00000000", 0, E_FORMAT, 0, 0, 0 },
};

START_TEST(a_record_is_read_or_refused)
{
	struct buf b = BUF_INIT;
	struct token_record t;
	struct cursor c;
	uint8_t *copy;

	hex_put(&b, records[_i].hex);
	c = hex_part(&b, buf_len(&b), &copy);
	ck_assert_int_eq(token_get(&c, records[_i].base, &t), records[_i].r);
	if (records[_i].r == 0)
		ck_assert((int)t.kind == records[_i].kind && t.block == records[_i].block && t.n == records[_i].n);
	free(copy);
	buf_done(&b);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("syncd/wire/token");
	TCase *t = tcase_create("token");

	tcase_add_loop_test(t, runs_are_gathered_and_relative_where_they_can_be, 0, ARRAY_LEN(rows));
	tcase_add_test(t, a_run_has_65536_blocks_at_most);
	tcase_add_test(t, any_sequence_comes_back);
	tcase_add_test(t, data_and_end_have_their_heads);
	tcase_add_loop_test(t, the_reader_gives_the_blocks_back, 0, ARRAY_LEN(rows));
	tcase_add_loop_test(t, a_record_is_read_or_refused, 0, ARRAY_LEN(records));
	suite_add_tcase(s, t);
	return unit_main(s);
}
