#include "t/unit/unit.h"
#include "tunnel/board.h"

static struct board *board;
static struct board_owners owners;

static void
fresh(void)
{
	ck_assert_int_eq(board_new(&board), 0);
	owners = (struct board_owners){ { 0 } };
}

START_TEST(connections_of_all_rows_add_up)
{
	size_t a = board_take(board, &owners), b = board_take(board, &owners);

	ck_assert_uint_ne(a, b);
	board_add_live(board, a, 3);
	board_add_live(board, b, 4);
	board_add_live(board, a, -1);
	ck_assert_uint_eq(board_live(board), 6);
}
END_TEST

START_TEST(who_dies_leaves_no_connections)
{
	size_t a = board_take(board, &owners);

	board_add_live(board, a, 3);
	board_give_back(board, &owners, a);
	ck_assert_uint_eq(board_live(board), 0);
	ck_assert_uint_eq(board_take(board, &owners), a);
}
END_TEST

START_TEST(more_workers_than_rows_share_the_last)
{
	size_t row = 0;

	for (int i = 0; i < BOARD_ROWS + 5; i++)
		row = board_take(board, &owners);
	ck_assert_uint_eq(row, BOARD_ROWS - 1);
	board_add_live(board, row, 2);
	board_give_back(board, &owners, row);
	ck_assert_uint_eq(board_live(board), 2);
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
	suite_add_tcase(s, t);
	return unit_main(s);
}
