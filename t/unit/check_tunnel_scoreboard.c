#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "t/unit/unit.h"
#include "tunnel/service/scoreboard.h"

static struct scoreboard *board;
static struct scoreboard_owners owners;

static void
fresh(void)
{
	ck_assert_int_eq(scoreboard_new(&board), 0);
	owners = (struct scoreboard_owners){ { 0 } };
}

START_TEST(connections_of_all_rows_add_up)
{
	size_t a = scoreboard_take(board, &owners), b = scoreboard_take(board, &owners);

	ck_assert_uint_ne(a, b);
	scoreboard_add_live(board, a, 3);
	scoreboard_add_live(board, b, 4);
	scoreboard_add_live(board, a, -1);
	ck_assert_uint_eq(scoreboard_live(board), 6);
}
END_TEST

START_TEST(who_dies_leaves_no_connections)
{
	size_t a = scoreboard_take(board, &owners);

	scoreboard_add_live(board, a, 3);
	scoreboard_give_back(board, &owners, a);
	ck_assert_uint_eq(scoreboard_live(board), 0);
	ck_assert_uint_eq(scoreboard_take(board, &owners), a);
}
END_TEST

START_TEST(more_workers_than_rows_share_the_last)
{
	size_t row = 0;

	for (int i = 0; i < SCOREBOARD_ROWS + 5; i++)
		row = scoreboard_take(board, &owners);
	ck_assert_uint_eq(row, SCOREBOARD_ROWS - 1);
	scoreboard_add_live(board, row, 2);
	scoreboard_give_back(board, &owners, row);
	ck_assert_uint_eq(scoreboard_live(board), 2);
}
END_TEST

/* A child with that row, in which hostile is called; the signal it died of, or its exit status. */
static int
in_child(size_t row, void (*hostile)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (scoreboard_enter(board, row) != 0)
			_exit(99);
		hostile();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

static void
count_in_row_0(void)
{
	scoreboard_count(board, 0, 1, COUNT_ACCEPTED, 7);
	scoreboard_add_live(board, 0, 2);
}

static void
count_in_row_1(void)
{
	scoreboard_add_live(board, 1, 1);
}

static void
name_a_column(void)
{
	scoreboard_column(board, "mine");
}

static void
tell_workers(void)
{
	scoreboard_tell_workers(board, 99);
}

START_TEST(a_worker_writes_its_own_row)
{
	scoreboard_take(board, &owners);
	ck_assert_uint_eq(scoreboard_column(board, "web"), 1);
	ck_assert_int_eq(in_child(0, count_in_row_0), 0);
	ck_assert_uint_eq(scoreboard_sum(board, 1, COUNT_ACCEPTED), 7);
	ck_assert_uint_eq(scoreboard_live(board), 2);
}
END_TEST

START_TEST(nobody_writes_what_is_not_his)
{
	scoreboard_take(board, &owners);
	scoreboard_take(board, &owners);
	ck_assert_int_ne(in_child(0, count_in_row_1), 0);
	ck_assert_int_ne(in_child(0, name_a_column), 0);
	ck_assert_int_ne(in_child(0, tell_workers), 0);
	ck_assert_int_ne(in_child(SCOREBOARD_NO_ROW, count_in_row_0), 0);
	ck_assert_uint_eq(scoreboard_live(board), 0);
	ck_assert_uint_eq(scoreboard_columns(board), 1);
	ck_assert_uint_eq(scoreboard_workers(board), 0);
}
END_TEST

/* Makes whatever of the board is mapped here writable; 1: that went. */
static void
open_the_pages(void)
{
	char line[4096];
	unsigned long from, to;
	FILE *maps = fopen("/proc/self/maps", "r");
	int seen = 0;

	while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
		if (strstr(line, "memfd:board") == NULL || sscanf(line, "%lx-%lx r--", &from, &to) != 2 || strstr(line, " r--s ") == NULL)
			continue;
		seen = 1;
		if (mprotect((void *)from, to - from, PROT_READ | PROT_WRITE) == 0)
			_exit(1);
	}
	_exit(seen ? 0 : 2);
}

START_TEST(pages_cannot_be_made_writable_again)
{
	scoreboard_take(board, &owners);
	ck_assert_int_eq(in_child(0, open_the_pages), 0);
	ck_assert_int_eq(in_child(SCOREBOARD_NO_ROW, open_the_pages), 0);
}
END_TEST

static void
claim_too_much(void)
{
	scoreboard_add_live(board, 0, -1);
	atomic_store(scoreboard_waiting_of(board, 0), UINT32_MAX);
}

START_TEST(what_a_row_claims_is_bounded)
{
	scoreboard_take(board, &owners);
	ck_assert_int_eq(in_child(0, claim_too_much), 0);
	ck_assert_uint_eq(scoreboard_live(board), SCOREBOARD_LIVE_MAX);
	ck_assert_uint_eq(scoreboard_waiting(board), SCOREBOARD_WAITING_MAX);
	scoreboard_give_back(board, &owners, 0);
	ck_assert_uint_eq(scoreboard_live(board), 0);
	ck_assert_uint_eq(scoreboard_waiting(board), 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tunnel/board");
	TCase *t = tcase_create("board");

	tcase_add_checked_fixture(t, fresh, NULL);
	tcase_add_test(t, connections_of_all_rows_add_up);
	tcase_add_test(t, who_dies_leaves_no_connections);
	tcase_add_test(t, more_workers_than_rows_share_the_last);
	tcase_add_test(t, a_worker_writes_its_own_row);
	tcase_add_test(t, nobody_writes_what_is_not_his);
	tcase_add_test(t, pages_cannot_be_made_writable_again);
	tcase_add_test(t, what_a_row_claims_is_bounded);
	suite_add_tcase(s, t);
	return unit_main(s);
}
