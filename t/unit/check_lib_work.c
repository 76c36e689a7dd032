#include "lib/work.h"

#include <errno.h>

#include "lib/err.h"
#include "t/unit/unit.h"

static int
look(void *arg)
{
	int *left = arg;

	return (*left)-- > 0 ? 0 : -ECONNRESET;
}

START_TEST(only_vain_steps_have_a_bound)
{
	struct work w = { .vain_max = 100 };

	ck_assert(work_add(&w, 1ull << 40, 0) && work_add(&w, 100, 100));
	ck_assert(!work_over(&w));
	ck_assert(!work_add(&w, 0, 1));
	ck_assert(work_over(&w));
	ck_assert_int_eq(w.err, E_WORK);
	ck_assert(!work_add(&w, 0, 0));		/* it sticks */
}
END_TEST

START_TEST(without_a_bound_there_is_none)
{
	struct work w = { .vain_max = 0 };

	ck_assert(work_add(&w, 5, 1ull << 50));
	ck_assert(work_add(NULL, 5, 5) && !work_over(NULL));
}
END_TEST

START_TEST(somebody_looks_now_and_then)
{
	int left = 3, calls = 0;
	struct work w = { .look = look, .arg = &left };

	while (work_add(&w, WORK_LOOK_STEPS / 4, 0))
		calls++;
	ck_assert_int_eq(w.err, -ECONNRESET);
	ck_assert_int_eq(left, -1);
	ck_assert_int_eq(calls, 12);
	ck_assert(!work_add(&w, WORK_LOOK_STEPS, 0));
	ck_assert_int_eq(left, -1);		/* nobody looks any more */
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("lib/work");
	TCase *t = tcase_create("work");

	tcase_add_test(t, only_vain_steps_have_a_bound);
	tcase_add_test(t, without_a_bound_there_is_none);
	tcase_add_test(t, somebody_looks_now_and_then);
	suite_add_tcase(s, t);
	return unit_main(s);
}
