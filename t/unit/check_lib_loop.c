#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/loop.h"
#include "t/unit/unit.h"

static struct loop *loop;
static char trace[64];		/* what happened, a letter each */

static void
note_letter(char c)
{
	size_t n = strlen(trace);

	ck_assert_uint_lt(n + 1, sizeof trace);
	trace[n] = c;
	trace[n + 1] = '\0';
}

static void
set_up(void)
{
	trace[0] = '\0';
	ck_assert_int_eq(loop_new(&loop), 0);
}

static void
tear_down(void)
{
	loop_free(loop);
}

struct letter {
	struct timer timer;
	char c;
	struct letter *other;		/* cleared when this one expires */
};

static void
letter_expired(void *arg)
{
	struct letter *l = arg;

	note_letter(l->c);
	if (l->other != NULL)
		loop_timer_clear(loop, &l->other->timer);
}

static void
letter_set(struct letter *l, char c, uint64_t ms)
{
	l->timer.expired = letter_expired;
	l->timer.arg = l;
	l->c = c;
	ck_assert_int_eq(loop_timer(loop, &l->timer, ms), 0);
}

START_TEST(nothing_to_wait_for_ends_the_loop)
{
	ck_assert_int_eq(loop_run(loop), 0);
}
END_TEST

START_TEST(timers_expire_in_order_of_time)
{
	struct letter l[5] = { 0 };

	letter_set(&l[0], 'd', 40);
	letter_set(&l[1], 'b', 20);
	letter_set(&l[2], 'e', 50);
	letter_set(&l[3], 'a', 10);
	letter_set(&l[4], 'c', 30);
	ck_assert_int_eq(loop_run(loop), 0);
	ck_assert_str_eq(trace, "abcde");
	ck_assert_uint_eq(l[0].timer.slot, 0);
}
END_TEST

START_TEST(a_timer_can_be_moved_and_cleared)
{
	struct letter a = { 0 }, b = { 0 }, c = { 0 };

	letter_set(&a, 'a', 5);
	letter_set(&b, 'b', 10);
	letter_set(&c, 'c', 15);
	letter_set(&a, 'a', 30);
	loop_timer_clear(loop, &c.timer);
	loop_timer_clear(loop, &c.timer);
	ck_assert_int_eq(loop_run(loop), 0);
	ck_assert_str_eq(trace, "ba");
}
END_TEST

START_TEST(a_callback_may_clear_a_timer_that_is_due_too)
{
	struct letter a = { 0 }, b = { 0 };

	letter_set(&a, 'a', 1);
	letter_set(&b, 'b', 2);
	a.other = &b;
	usleep(10000);
	ck_assert_int_eq(loop_run(loop), 0);
	ck_assert_str_eq(trace, "a");
}
END_TEST

struct worker {
	struct watch w;
	struct letter letter;
	uint64_t begun;
};

/* The first turn works for long, then sets a timer; the second finds the byte still there, at once. */
static void
works_for_long(void *arg, uint32_t events)
{
	struct worker *k = arg;

	(void)events;
	if (k->begun == 0) {
		usleep(60000);
		k->begun = loop_clock();
		letter_set(&k->letter, 'a', 50);
	} else {
		loop_unwatch(loop, &k->w);
	}
}

START_TEST(a_timer_is_neither_early_nor_late_after_long_work)
{
	struct worker k = { 0 };
	uint64_t took;
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(write(ends[1], "x", 1), 1);
	k.w = (struct watch){ .fd = ends[0], .ready = works_for_long, .arg = &k };
	ck_assert_int_eq(loop_watch(loop, &k.w, EPOLLIN), 0);
	ck_assert_int_eq(loop_run(loop), 0);
	took = loop_clock() - k.begun;
	ck_assert_msg(took >= 50, "early: %u ms", (unsigned)took);
	ck_assert_msg(took < 5000, "late: %u ms", (unsigned)took);
	ck_assert_str_eq(trace, "a");
	close(ends[0]);
	close(ends[1]);
}
END_TEST

START_TEST(many_timers_keep_their_order)
{
	enum { N = 500 };
	static struct letter l[N];
	static struct letter last;

	for (int i = 0; i < N; i++) {
		l[i].timer.expired = letter_expired;
		l[i].timer.arg = &l[i];
		l[i].c = 'x';
		ck_assert_int_eq(loop_timer(loop, &l[i].timer, (uint64_t)(i * 7919 % 101) + 1), 0);
	}
	for (int i = 0; i < N; i++)
		if (i % 25 != 0)
			loop_timer_clear(loop, &l[i].timer);
	letter_set(&last, 'z', 150);
	ck_assert_int_eq(loop_run(loop), 0);
	ck_assert_uint_eq(strlen(trace), N / 25 + 1);
	ck_assert_int_eq(trace[N / 25], 'z');
}
END_TEST

struct end {
	struct watch w;
	struct end *other;		/* unwatched when this one is ready */
	char c;
};

static void
end_ready(void *arg, uint32_t events)
{
	struct end *e = arg;
	char byte;

	ck_assert_int_ne(events & (EPOLLIN | EPOLLHUP), 0);
	note_letter(e->c);
	if (e->other != NULL)
		loop_unwatch(loop, &e->other->w);
	if (read(e->w.fd, &byte, 1) <= 0)
		loop_unwatch(loop, &e->w);
}

START_TEST(a_descriptor_is_served_until_unwatched)
{
	struct end e = { .c = 'r' };
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	e.w = (struct watch){ .fd = ends[0], .ready = end_ready, .arg = &e };
	ck_assert_int_eq(loop_watch(loop, &e.w, EPOLLIN), 0);
	ck_assert_int_eq(loop_watch(loop, &e.w, EPOLLIN), 0);
	ck_assert_int_eq(write(ends[1], "ab", 2), 2);
	close(ends[1]);
	ck_assert_int_eq(loop_run(loop), 0);
	ck_assert_str_eq(trace, "rrr");		/* two bytes and the end */
	loop_unwatch(loop, &e.w);
	close(ends[0]);
}
END_TEST

START_TEST(an_unwatched_descriptor_is_not_served_in_the_same_turn)
{
	struct end a = { .c = 'a' }, b = { .c = 'b' };
	int p[2], q[2];

	ck_assert_int_eq(pipe(p), 0);
	ck_assert_int_eq(pipe(q), 0);
	a.w = (struct watch){ .fd = p[0], .ready = end_ready, .arg = &a };
	b.w = (struct watch){ .fd = q[0], .ready = end_ready, .arg = &b };
	a.other = &b;
	b.other = &a;
	ck_assert_int_eq(loop_watch(loop, &a.w, EPOLLIN), 0);
	ck_assert_int_eq(loop_watch(loop, &b.w, EPOLLIN), 0);
	close(p[1]);
	close(q[1]);
	ck_assert_int_eq(loop_run(loop), 0);
	ck_assert_uint_eq(strlen(trace), 1);
	close(p[0]);
	close(q[0]);
}
END_TEST

static void
got_signal(void *arg, int signo)
{
	note_letter(signo == SIGUSR1 ? '1' : signo == SIGTERM ? 't' : '?');
	if (signo == SIGTERM)
		loop_stop(arg);
}

START_TEST(signals_arrive_as_callbacks)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	sigaddset(&mask, SIGTERM);
	ck_assert_int_eq(loop_signals(loop, &mask, got_signal, loop), 0);
	raise(SIGUSR1);
	raise(SIGTERM);
	ck_assert_int_eq(loop_run(loop), 0);
	ck_assert_ptr_nonnull(strchr(trace, '1'));
	ck_assert_ptr_nonnull(strchr(trace, 't'));
}
END_TEST

START_TEST(a_bad_descriptor_is_an_error)
{
	struct watch w = { .fd = -1, .ready = end_ready };

	ck_assert_int_lt(loop_watch(loop, &w, EPOLLIN), 0);
	ck_assert_int_eq(w.active, 0);
	loop_unwatch(loop, &w);
	loop_free(NULL);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("lib/loop");
	TCase *t = tcase_create("loop");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, nothing_to_wait_for_ends_the_loop);
	tcase_add_test(t, timers_expire_in_order_of_time);
	tcase_add_test(t, a_timer_can_be_moved_and_cleared);
	tcase_add_test(t, a_callback_may_clear_a_timer_that_is_due_too);
	tcase_add_test(t, a_timer_is_neither_early_nor_late_after_long_work);
	tcase_add_test(t, many_timers_keep_their_order);
	tcase_add_test(t, a_descriptor_is_served_until_unwatched);
	tcase_add_test(t, an_unwatched_descriptor_is_not_served_in_the_same_turn);
	tcase_add_test(t, signals_arrive_as_callbacks);
	tcase_add_test(t, a_bad_descriptor_is_an_error);
	suite_add_tcase(s, t);
	return unit_main(s);
}
