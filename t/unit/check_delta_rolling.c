#include "syncd/delta/rolling.h"

#include <string.h>

#include "lib/err.h"
#include "t/unit/unit.h"

START_TEST(the_vectors_of_the_protocol_hold)
{
	uint8_t a[700];
	struct rolling r = rolling_of((const uint8_t *)"0123456789abcdefghi\n", 20);

	ck_assert_uint_eq(rolling_value(&r), 0x349305a4);
	r = rolling_of((const uint8_t *)"\x80\xff\x7f\x01", 4);
	ck_assert_uint_eq(rolling_value(&r), 0xfefcffff);
	memset(a, 'A', sizeof a);
	r = rolling_of(a, sizeof a);
	ck_assert_uint_eq(rolling_value(&r), 0x57e6b1bc);
	r = rolling_of(a, 0);
	ck_assert_uint_eq(rolling_value(&r), 0);
}
END_TEST

START_TEST(sliding_is_the_same_as_starting_anew)
{
	static const size_t sizes[] = { 1, 2, 3, 16, 31, 700, 4099, 131072 };
	size_t n = sizes[_i], total = n + 5000;
	uint8_t *p = malloc(total);
	struct rolling r, fresh;

	srandom((unsigned)_i);
	for (size_t i = 0; i < total; i++)
		p[i] = (uint8_t)random();
	r = rolling_of(p, n);
	for (size_t at = 0; at + n < total; at++) {
		if (n < 5000 || at % 100 == 0) {
			fresh = rolling_of(p + at, n);
			ck_assert_uint_eq(rolling_value(&r), rolling_value(&fresh));
		}
		rolling_slide(&r, n, p[at], p[at + n]);
	}
	free(p);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("syncd/delta/rolling");
	TCase *t = tcase_create("rolling");

	tcase_add_test(t, the_vectors_of_the_protocol_hold);
	tcase_add_loop_test(t, sliding_is_the_same_as_starting_anew, 0, 8);
	suite_add_tcase(s, t);
	return unit_main(s);
}
