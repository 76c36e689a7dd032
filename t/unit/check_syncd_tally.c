/* The tally: columns, rows, and turns of a rate that many share. */
#include "syncd/tally.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/err.h"
#include "t/unit/unit.h"

static struct tally *t, *seen;

static void
setup(void)
{
	ck_assert_int_eq(tally_new(&t), 0);
	ck_assert_int_eq(tally_map(tally_fd(t), &seen), 0);
}

static void
teardown(void)
{
	tally_unmap(seen);
}

START_TEST(a_module_keeps_its_column_and_too_many_share_the_first)
{
	char name[32];
	size_t a = tally_make_column(t, "a");

	ck_assert_uint_eq(a, 1);
	for (int i = 2; i < TALLY_COLUMNS + 5; i++) {
		snprintf(name, sizeof name, "m%d", i);
		ck_assert_uint_eq(tally_make_column(t, name), i < TALLY_COLUMNS ? (size_t)i : 0);
	}
	ck_assert_uint_eq(tally_make_column(t, "a"), a);
	ck_assert_uint_eq(tally_column(seen, "a"), a);
	tally_add(t, a, TALLY_IN, 7);
	ck_assert_uint_eq(tally_count(seen, a, TALLY_IN), 7);
}
END_TEST

START_TEST(a_row_is_what_was_told_last_and_goes_with_its_connection)
{
	struct tally_session s = { .pid = 4711, .state = TALLY_RUNS, .direction = 'o', .out = 5, .module = "m", .user = "u" }, got;
	size_t row = tally_take_row(t), next = tally_take_row(t);

	ck_assert_uint_ne(row, next);
	ck_assert(!tally_read(seen, row, &got));
	tally_tell(t, row, &s);
	ck_assert(tally_read(seen, row, &got));
	ck_assert_mem_eq(&got, &s, sizeof s);
	s.state = 200;
	memset(s.user, 'x', sizeof s.user);
	tally_tell(t, row, &s);
	ck_assert(tally_read(seen, row, &got));
	ck_assert_uint_eq(got.state, TALLY_GREETS);
	ck_assert_uint_eq(strlen(got.user), sizeof got.user - 1);
	tally_give_row(t, row);
	ck_assert(!tally_read(seen, row, &got));
	ck_assert_uint_eq(tally_take_row(t), row);
}
END_TEST

START_TEST(what_could_be_cut_while_it_is_read_is_no_tally)
{
	static char bytes[1 << 16];
	struct tally *none = NULL;
	off_t size = lseek(tally_fd(t), 0, SEEK_END);
	int fd = memfd_create("none", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	ck_assert_int_ge(pread(tally_fd(t), bytes, sizeof bytes, 0), 1);
	ck_assert_int_eq(pwrite(fd, bytes, sizeof bytes, 0), sizeof bytes);
	ck_assert_int_eq(ftruncate(fd, size), 0);
	ck_assert_int_eq(tally_map(fd, &none), E_FORMAT);
	close(fd);
}
END_TEST

START_TEST(there_are_so_many_rows_and_no_more)
{
	const struct tally_session s = { .pid = 1 };

	for (size_t i = 0; i < TALLY_ROWS; i++)
		ck_assert_uint_eq(tally_take_row(t), i);
	ck_assert_uint_eq(tally_take_row(t), TALLY_NO_ROW);
	tally_tell(t, TALLY_NO_ROW, &s);
	tally_give_row(t, TALLY_NO_ROW);
}
END_TEST

START_TEST(who_asks_in_turn_gets_the_same_share_however_often_others_would_like_to)
{
	/* two that ask again as soon as they may: each piece of 1024 bytes at 1 KiB a second is a second's */
	uint64_t due[2] = { 0, 0 }, now = 1000000;
	unsigned got[2] = { 0, 0 };

	for (int i = 0; i < 20; i++, got[i % 2]++) {
		due[i % 2] = tally_reserve(t, TALLY_ALL, 1024, 1, now);
		ck_assert_uint_eq(due[i % 2], 1000000 + (uint64_t)i * 1000000);
		now = due[(i + 1) % 2] > now ? due[(i + 1) % 2] : now;
	}
	ck_assert_uint_eq(got[0], got[1]);
	ck_assert_uint_eq(tally_reserve(t, TALLY_ALL, 1, 0, now), now);		/* no rate, no turn */
	ck_assert_uint_eq(tally_reserve(t, 1, 1024, 1, now), now);		/* another's */
	ck_assert_uint_eq(tally_reserve(t, TALLY_ALL, 1, 1, UINT64_C(1) << 40), UINT64_C(1) << 40);	/* what was not used is not saved up */
	ck_assert_uint_eq(tally_reserve(NULL, TALLY_ALL, 1, 1, 5), 5);
}
END_TEST

START_TEST(what_is_given_back_is_what_was_reserved_and_has_not_passed)
{
	for (int i = 0; i < 3; i++)
		(void)tally_reserve(t, 2, 1024, 1, 0);
	tally_give_back(t, 2, 1024, 1, 0);
	ck_assert_uint_eq(tally_reserve(t, 2, 1024, 1, 0), 2000000);
	tally_give_back(t, 2, 1024, 1, 2500000);	/* half of it is over */
	ck_assert_uint_eq(tally_reserve(t, 2, 1024, 1, 0), 2500000);
	tally_give_back(t, 2, 1024, 1, 9000000);
	tally_give_back(t, 2, 1024, 0, 0);
	tally_give_back(NULL, 2, 1024, 1, 0);
	ck_assert_uint_eq(tally_reserve(t, 2, 1024, 1, 0), 3500000);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("syncd/tally");
	TCase *c = tcase_create("tally");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, a_module_keeps_its_column_and_too_many_share_the_first);
	tcase_add_test(c, a_row_is_what_was_told_last_and_goes_with_its_connection);
	tcase_add_test(c, what_could_be_cut_while_it_is_read_is_no_tally);
	tcase_add_test(c, what_is_given_back_is_what_was_reserved_and_has_not_passed);
	tcase_add_test(c, there_are_so_many_rows_and_no_more);
	tcase_add_test(c, who_asks_in_turn_gets_the_same_share_however_often_others_would_like_to);
	suite_add_tcase(s, c);
	return unit_main(s);
}
