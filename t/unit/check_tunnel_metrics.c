#include <stdio.h>
#include <string.h>

#include "t/unit/unit.h"
#include "tunnel/service/metrics.h"
#include "lib/metrics_address.h"

static struct scoreboard *board;
static struct scoreboard_owners owners;
static struct buf out = BUF_INIT;

static void
fresh(void)
{
	ck_assert_int_eq(scoreboard_new(&board), 0);
	owners = (struct scoreboard_owners){ { 0 } };
	buf_clear(&out);
}

static const char *
text(void)
{
	buf_clear(&out);
	metrics_put(&out, board, NULL, 0, 0);
	return buf_cstr(&out);
}

static void
says(const char *line)
{
	ck_assert_msg(strstr(text(), line) != NULL, "\"%s\" is not in:\n%s", line, text());
}

START_TEST(rows_add_up_and_survive_their_workers)
{
	size_t a = scoreboard_take(board, &owners), b = scoreboard_take(board, &owners), c = scoreboard_column(board, "web");

	scoreboard_count(board, a, c, COUNT_TO_TLS, 1000);
	scoreboard_count(board, b, c, COUNT_TO_TLS, 234);
	scoreboard_give_back(board, &owners, a);
	says("sallyport_tunnel_bytes_total{service=\"web\",direction=\"to_tls\"} 1234\n");
	ck_assert_uint_eq(scoreboard_take(board, &owners), a);
	scoreboard_count(board, a, c, COUNT_TO_TLS, 1);
	says("sallyport_tunnel_bytes_total{service=\"web\",direction=\"to_tls\"} 1235\n");
}
END_TEST

START_TEST(a_section_keeps_its_column)
{
	size_t c = scoreboard_column(board, "web");

	ck_assert_uint_ne(scoreboard_column(board, "mail"), c);
	ck_assert_uint_eq(scoreboard_column(board, "web"), c);
}
END_TEST

START_TEST(too_many_sections_share_one)
{
	char name[32];

	for (int i = 0; i < 2 * SCOREBOARD_COLUMNS; i++) {
		snprintf(name, sizeof name, "s%d", i);
		scoreboard_count(board, 0, scoreboard_column(board, name), COUNT_ACCEPTED, 1);
	}
	scoreboard_take(board, &owners);
	says("connections_accepted_total{service=\"(other)\"} 129\n");
}
END_TEST

START_TEST(names_are_escaped)
{
	scoreboard_column(board, "a\"b\\c\x01");
	says("connections_accepted_total{service=\"a\\\"b\\\\c.\"} 0\n");
}
END_TEST

START_TEST(buckets_are_cumulative)
{
	size_t row = scoreboard_take(board, &owners), c = scoreboard_column(board, "web");

	scoreboard_first_byte(board, row, c, 0);
	scoreboard_first_byte(board, row, c, 3);
	scoreboard_first_byte(board, row, c, 100000);
	says("first_byte_seconds_bucket{service=\"web\",le=\"0.001\"} 1\n");
	says("first_byte_seconds_bucket{service=\"web\",le=\"0.005\"} 2\n");
	says("first_byte_seconds_bucket{service=\"web\",le=\"10\"} 2\n");
	says("first_byte_seconds_bucket{service=\"web\",le=\"+Inf\"} 3\n");
	says("first_byte_seconds_sum{service=\"web\"} 100.003\n");
}
END_TEST

static const struct {
	const char *text;
	int good;		/* 1: always, 2: where anyone may ask */
} addresses[] = {
	{ "127.0.0.1:9100", 1 }, { "127.8.8.8:1", 1 }, { "::1:9100", 1 }, { "[::1]:9100", 1 }, { "/run/numbers", 1 },
	{ "0.0.0.0:9100", 2 }, { ":::9100", 2 }, { "10.0.0.1:9100", 2 }, { "9100", 0 }, { "127.0.0.1:0", 0 }, { "127.0.0.1:65536", 0 },
	{ "localhost:9100", 0 }, { "127.0.0.1:", 0 }, { "", 0 },
};

START_TEST(only_this_machine_may_ask)
{
	struct addr a;

	ck_assert_msg((metrics_address(addresses[_i].text, 0, METRICS_NOT_PUBLIC, &a) == NULL) == (addresses[_i].good == 1), "%s", addresses[_i].text);
	ck_assert_msg((metrics_address(addresses[_i].text, 1, METRICS_NOT_PUBLIC, &a) == NULL) == (addresses[_i].good > 0), "%s", addresses[_i].text);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tunnel/metrics");
	TCase *t = tcase_create("metrics");

	tcase_add_checked_fixture(t, fresh, NULL);
	tcase_add_test(t, rows_add_up_and_survive_their_workers);
	tcase_add_test(t, a_section_keeps_its_column);
	tcase_add_test(t, too_many_sections_share_one);
	tcase_add_test(t, names_are_escaped);
	tcase_add_test(t, buckets_are_cumulative);
	tcase_add_loop_test(t, only_this_machine_may_ask, 0, (int)(sizeof addresses / sizeof *addresses));
	suite_add_tcase(s, t);
	return unit_main(s);
}
