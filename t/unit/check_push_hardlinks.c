#include "syncd/push/hardlinks.h"

#include "t/unit/unit.h"

static const struct hardlink_id one = { 0, 7 }, other = { 0, 8 };

static struct hardlinks *
counted(bool more, int names)
{
	struct hardlinks *h = hardlinks_new(more);

	ck_assert_ptr_nonnull(h);
	for (int i = 0; i < names; i++)
		ck_assert_int_eq(hardlinks_count(h, &one), 0);
	return h;
}

static void
next_is(struct hardlinks *h, int32_t ndx, enum hardlink_verdict verdict)
{
	int32_t got = -1;

	ck_assert_int_eq(hardlinks_next(h, &got), verdict);
	ck_assert_int_eq(got, ndx);
}

START_TEST(the_last_name_goes_on_and_the_others_follow_in_order)
{
	struct hardlinks *h = counted(false, 3);

	ck_assert_int_eq(hardlinks_enter(h, &one, 1, false), HARDLINK_WAIT);
	ck_assert_int_eq(hardlinks_enter(h, &one, 2, false), HARDLINK_WAIT);
	ck_assert_int_eq(hardlinks_enter(h, &one, 3, false), HARDLINK_GO);
	ck_assert(hardlinks_wait(h) && !hardlinks_ready(h));
	ck_assert_int_eq(hardlinks_end(h, &one, "c"), 0);
	ck_assert(!hardlinks_wait(h) && hardlinks_ready(h));
	ck_assert_str_eq(hardlinks_path(h, &one), "c");
	next_is(h, 1, HARDLINK_MAKE);
	next_is(h, 2, HARDLINK_MAKE);
	next_is(h, -1, HARDLINK_NONE);
	hardlinks_free(h);
}
END_TEST

START_TEST(a_name_that_is_there_need_not_be_the_last)
{
	struct hardlinks *h = counted(false, 3);

	ck_assert_int_eq(hardlinks_enter(h, &one, 1, true), HARDLINK_GO);
	ck_assert_int_eq(hardlinks_enter(h, &one, 2, true), HARDLINK_WAIT);
	ck_assert_int_eq(hardlinks_end(h, &one, "a"), 0);
	ck_assert_int_eq(hardlinks_enter(h, &one, 3, false), HARDLINK_MAKE);
	next_is(h, 2, HARDLINK_MAKE);
	hardlinks_free(h);
}
END_TEST

START_TEST(names_that_are_passed_over_are_not_waited_for)
{
	struct hardlinks *h = counted(false, 3);

	ck_assert_int_eq(hardlinks_pass(h, &one), 0);
	ck_assert_int_eq(hardlinks_enter(h, &one, 2, false), HARDLINK_WAIT);
	ck_assert_int_eq(hardlinks_pass(h, &one), 0);
	next_is(h, 2, HARDLINK_GO);
	next_is(h, -1, HARDLINK_NONE);
	hardlinks_free(h);
}
END_TEST

START_TEST(the_next_takes_the_place_of_one_that_could_not_be_made)
{
	struct hardlinks *h = counted(false, 3);

	for (int i = 1; i < 3; i++)
		ck_assert_int_eq(hardlinks_enter(h, &one, i, false), HARDLINK_WAIT);
	ck_assert_int_eq(hardlinks_enter(h, &one, 3, false), HARDLINK_GO);
	ck_assert_int_eq(hardlinks_end(h, &one, NULL), 0);
	next_is(h, 2, HARDLINK_GO);
	next_is(h, -1, HARDLINK_NONE);
	ck_assert_int_eq(hardlinks_end(h, &one, NULL), 0);
	next_is(h, 1, HARDLINK_GO);
	ck_assert_int_eq(hardlinks_end(h, &one, NULL), 0);
	next_is(h, -1, HARDLINK_NONE);
	ck_assert(!hardlinks_wait(h));
	hardlinks_free(h);
}
END_TEST

START_TEST(data_that_did_not_come_is_not_asked_for_under_other_names)
{
	struct hardlinks *h = counted(true, 2);

	ck_assert_int_eq(hardlinks_enter(h, &one, 1, false), HARDLINK_WAIT);
	ck_assert_int_eq(hardlinks_enter(h, &one, 2, false), HARDLINK_GO);
	ck_assert_int_eq(hardlinks_give_up(h, &one), 0);
	next_is(h, 1, HARDLINK_DROP);
	ck_assert_int_eq(hardlinks_count(h, &one), 0);	/* but a later list tries */
	ck_assert_int_eq(hardlinks_enter(h, &one, 9, false), HARDLINK_GO);
	hardlinks_free(h);
}
END_TEST

START_TEST(a_single_name_goes_on_and_is_no_link)
{
	struct hardlinks *h = counted(false, 1);

	ck_assert_int_eq(hardlinks_enter(h, &one, 1, false), HARDLINK_GO);
	ck_assert_int_eq(hardlinks_end(h, &one, "a"), 0);
	ck_assert_ptr_null(hardlinks_path(h, &one));
	ck_assert_int_eq(hardlinks_enter(h, &other, 2, false), HARDLINK_GO);
	ck_assert_int_eq(hardlinks_pass(h, &other), 0);
	hardlinks_free(h);
	hardlinks_free(NULL);
}
END_TEST

START_TEST(later_lists_bring_more_names)
{
	struct hardlinks *h = counted(true, 1);

	ck_assert_int_eq(hardlinks_enter(h, &one, 1, false), HARDLINK_GO);
	ck_assert_int_eq(hardlinks_count(h, &one), 0);
	ck_assert_int_eq(hardlinks_enter(h, &one, 5, false), HARDLINK_WAIT);
	ck_assert_int_eq(hardlinks_end(h, &one, "a"), 0);
	next_is(h, 5, HARDLINK_MAKE);
	hardlinks_free(h);
}
END_TEST

START_TEST(many_files_keep_their_names_apart)
{
	struct hardlinks *h = hardlinks_new(false);

	for (uint64_t i = 0; i < 2000; i++)
		ck_assert_int_eq(hardlinks_count(h, &(struct hardlink_id){ i % 3, i / 2 / 3 }), 0);
	for (uint64_t i = 0; i < 300; i++)
		ck_assert_int_eq(hardlinks_enter(h, &(struct hardlink_id){ i % 3, i / 3 }, (int32_t)i, true), HARDLINK_GO);
	ck_assert_int_eq(hardlinks_end(h, &(struct hardlink_id){ 1, 5 }, "x"), 0);
	ck_assert_str_eq(hardlinks_path(h, &(struct hardlink_id){ 1, 5 }), "x");
	ck_assert_ptr_null(hardlinks_path(h, &(struct hardlink_id){ 2, 5 }));
	hardlinks_free(h);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("syncd/push/hardlinks");
	TCase *t = tcase_create("hardlinks");

	tcase_add_test(t, the_last_name_goes_on_and_the_others_follow_in_order);
	tcase_add_test(t, a_name_that_is_there_need_not_be_the_last);
	tcase_add_test(t, names_that_are_passed_over_are_not_waited_for);
	tcase_add_test(t, the_next_takes_the_place_of_one_that_could_not_be_made);
	tcase_add_test(t, data_that_did_not_come_is_not_asked_for_under_other_names);
	tcase_add_test(t, a_single_name_goes_on_and_is_no_link);
	tcase_add_test(t, later_lists_bring_more_names);
	tcase_add_test(t, many_files_keep_their_names_apart);
	suite_add_tcase(s, t);
	return unit_main(s);
}
