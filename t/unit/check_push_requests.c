#include "syncd/push/requests.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "t/unit/unit.h"

static struct requests q;

static void
setup(void)
{
	q = (struct requests){ .n = 0 };
}

static void
teardown(void)
{
	requests_done(&q);
}

static int
ask(int32_t ndx)
{
	return requests_push(&q, &(struct request){ .ndx = ndx });
}

START_TEST(the_oldest_comes_first_however_the_ring_turned)
{
	struct request r;
	int32_t in = 0, out = 0;

	for (int turn = 0; turn < 200; turn++) {
		for (int i = 0; i < 3; i++)
			ck_assert_int_eq(ask(in++), 0);
		for (int i = 0; i < 2; i++) {
			ck_assert(requests_pop(&q, &r));
			ck_assert_int_eq(r.ndx, out++);
		}
	}
	while (requests_pop(&q, &r))
		ck_assert_int_eq(r.ndx, out++);
	ck_assert_int_eq(out, in);
}
END_TEST

START_TEST(what_will_not_come_is_dropped_when_its_turn_comes)
{
	struct request r;

	for (int32_t i = 0; i < 3; i++)
		ck_assert_int_eq(ask(i), 0);
	requests_no_send(&q, 1);
	ck_assert(!requests_pop_gone(&q, &r));	/* the first is still awaited */
	ck_assert(requests_pop(&q, &r));
	ck_assert(requests_pop_gone(&q, &r));
	ck_assert_int_eq(r.ndx, 1);
	ck_assert(!requests_pop_gone(&q, &r));
}
END_TEST

START_TEST(a_word_about_an_index_is_for_the_oldest_request_of_it)
{
	struct request r;

	ck_assert_int_eq(ask(7), 0);
	ck_assert_int_eq(ask(7), 0);
	requests_no_send(&q, 7);
	requests_no_send(&q, 8);	/* nobody asked */
	ck_assert(requests_pop_gone(&q, &r));
	ck_assert(!requests_pop_gone(&q, &r));
	requests_no_send(&q, 7);
	ck_assert(requests_pop_gone(&q, &r));
	ck_assert(!requests_pop(&q, &r));
}
END_TEST

START_TEST(a_client_cannot_make_it_grow_without_bound)
{
	for (int32_t i = 0; i < REQUESTS_MAX; i++)
		if (ask(i) != 0)
			ck_abort_msg("refused at %d", (int)i);
	ck_assert_int_eq(ask(0), E_LIMIT);
}
END_TEST

START_TEST(names_and_repeats_go_with_the_queue)
{
	int32_t ndx;

	ck_assert_int_eq(requests_push(&q, &(struct request){ .ndx = 1, .xname = strdup("like") }), 0);
	ck_assert(!requests_next_redo(&q, &ndx));
	ck_assert_int_eq(requests_redo(&q, 4), 0);
	ck_assert_int_eq(requests_redo(&q, 5), 0);
	ck_assert(requests_next_redo(&q, &ndx));
	ck_assert_int_eq(ndx, 5);
	ck_assert(requests_next_redo(&q, &ndx));
	ck_assert_int_eq(ndx, 4);
	ck_assert(!requests_next_redo(&q, &ndx));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("syncd/push/requests");
	TCase *t = tcase_create("requests");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, the_oldest_comes_first_however_the_ring_turned);
	tcase_add_test(t, what_will_not_come_is_dropped_when_its_turn_comes);
	tcase_add_test(t, a_word_about_an_index_is_for_the_oldest_request_of_it);
	tcase_add_test(t, a_client_cannot_make_it_grow_without_bound);
	tcase_add_test(t, names_and_repeats_go_with_the_queue);
	suite_add_tcase(s, t);
	return unit_main(s);
}
