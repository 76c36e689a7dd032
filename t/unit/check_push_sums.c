#include "syncd/push/sums.h"

#include "lib/err.h"
#include "syncd/types.h"
#include "t/unit/unit.h"

/* rsync-wire 7.5 */
static const struct { int64_t len; int32_t block, digest, count, tail; } rows[] = {
	{ 20, 700, 2, 1, 20 }, { 490000, 700, 2, 700, 0 }, { 490001, 700, 2, 701, 1 }, { 600000, 768, 2, 782, 192 },
	{ 1000000, 1000, 2, 1000, 0 }, { 10000000, 3160, 2, 3165, 1760 }, { 100000000, 10000, 3, 10000, 0 },
	{ 1000000000, 31616, 3, 31630, 17536 }, { 10000000000, 100000, 4, 100000, 0 }, { (1LL << 34) - 1, 131064, 4, 131081, 63 },
	{ 1LL << 34, 131072, 4, 131072, 0 }, { 100000000000, 131072, 5, 762940, 59392 }, { 0, 0, 0, 0, 0 },
};

START_TEST(a_file_is_cut_as_in_the_table)
{
	struct sum_head h;

	sums_plan(rows[_i].len, 32, 0, 16, false, &h);
	ck_assert_msg(h.block == rows[_i].block && h.digest == rows[_i].digest && h.count == rows[_i].count && h.tail == rows[_i].tail,
	    "%lld: %d blocks of %d, the last %d, digest %d", (long long)rows[_i].len, h.count, h.block, h.tail, h.digest);
}
END_TEST

START_TEST(a_second_try_has_whole_digests)
{
	struct sum_head h;

	sums_plan(1000, 32, 0, 16, true, &h);
	ck_assert_int_eq(h.digest, 16);
	sums_plan(1000, 32, 0, 20, true, &h);
	ck_assert_int_eq(h.digest, 16);
	sums_plan(1000, 32, 0, 8, true, &h);
	ck_assert_int_eq(h.digest, 8);
}
END_TEST

START_TEST(a_forced_length_is_taken_within_the_bounds)
{
	struct sum_head h;

	sums_plan(100000, 32, 1000, 16, false, &h);
	ck_assert(h.block == 1000 && h.count == 100 && h.tail == 0);
	sums_plan(1LL << 20, 32, 1LL << 40, 16, false, &h);
	ck_assert(h.block == BLOCK_MAX && h.count == 8);
	sums_plan(1LL << 31, 29, 1LL << 40, 16, false, &h);
	ck_assert(h.block == BLOCK_MAX_OLD && h.count == 4);
}
END_TEST

START_TEST(every_length_is_covered)
{
	for (int64_t len = 1; len > 0 && len < INT64_MAX / 3; len = len * 3 + 1)
		for (int version = 27; version <= 32; version++)
			for (int64_t forced = 0; forced <= 131072; forced = forced * 8 + 16) {
				struct sum_head h;

				sums_plan(len, version, forced, 16, false, &h);
				if (h.count == 0)	/* too long for any sums */
					continue;
				ck_assert(h.block > 0 && h.tail >= 0 && h.tail < h.block && h.digest >= 2 && h.digest <= 16);
				ck_assert((int64_t)(h.count - 1) * h.block + (h.tail > 0 ? h.tail : h.block) == len);
			}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("syncd/push/sums");
	TCase *t = tcase_create("sums");

	tcase_add_loop_test(t, a_file_is_cut_as_in_the_table, 0, ARRAY_LEN(rows));
	tcase_add_test(t, a_second_try_has_whole_digests);
	tcase_add_test(t, a_forced_length_is_taken_within_the_bounds);
	tcase_add_test(t, every_length_is_covered);
	suite_add_tcase(s, t);
	return unit_main(s);
}
