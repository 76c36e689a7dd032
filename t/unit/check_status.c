#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "deploy/status/ends.h"
#include "deploy/status/numbers.h"
#include "deploy/status/print.h"
#include "deploy/status/scrape.h"
#include "deploy/status/sessions.h"
#include "deploy/status/units.h"
#include "lib/err.h"
#include "t/unit/unit.h"

/* --- connections ---------------------------------------------------------------------------- */

#define ONE "{\"pid\": 7, \"module\": \"m\", \"user\": \"u\", \"address\": \"192.0.2.7\", \"direction\": \"out\", \"seconds\": 3, \"received\": 10, " \
	"\"sent\": 20, \"files\": 1, \"state\": \"runs\"}"

static struct status_sessions l, before;

static const struct { const char *text; int n; } lists[] = {
	{ "[]\n", 0 }, { "[\n  " ONE "\n]\n", 1 }, { "[" ONE ",\n" ONE "]", 2 }, { "[{\"pid\": 1}]", 1 }, { "[{\"pid\": 1, \"new\": \"x\"}]", 1 },
	{ "", -1 }, { "[", -1 }, { "]", -1 }, { "{}", -1 }, { "[{}]", -1 }, { "[" ONE, -1 }, { "[" ONE ",]", -1 }, { "[" ONE ONE "]", -1 },
	{ "[" ONE "] x", -1 }, { "[] x", -1 }, { "[[]]", -1 }, { "[{\"pid\": \"7\"}]", -1 }, { "[{\"module\": 7}]", -1 }, { "[{\"module\": \"\x1b\"}]", -1 },
	{ "sallyport-syncd: --status: no daemon answers", -1 },
};

START_TEST(lists_are_read_whole_or_not_at_all)
{
	int r = sessions_parse(lists[_i].text, &l);

	ck_assert_msg(r == (lists[_i].n < 0 ? E_FORMAT : 0), "%s: %d", lists[_i].text, r);
	ck_assert_msg((int)l.n == (lists[_i].n < 0 ? 0 : lists[_i].n), "%s: %zu", lists[_i].text, l.n);
}
END_TEST

START_TEST(all_of_a_connection_is_kept)
{
	ck_assert_int_eq(sessions_parse("[" ONE "]", &l), 0);
	ck_assert_str_eq(l.v[0].module, "m");
	ck_assert_str_eq(l.v[0].user, "u");
	ck_assert_str_eq(l.v[0].address, "192.0.2.7");
	ck_assert_str_eq(l.v[0].direction, "out");
	ck_assert_str_eq(l.v[0].state, "runs");
	ck_assert(l.v[0].pid == 7 && l.v[0].seconds == 3 && l.v[0].received == 10 && l.v[0].sent == 20 && l.v[0].files == 1 && l.v[0].rate == -1);
}
END_TEST

START_TEST(more_than_there_is_room_for_are_left_out)
{
	const size_t n = STATUS_SESSIONS_MAX + 9;
	char *text = malloc(n * sizeof ONE + 8), *at = text;

	for (size_t i = 0; i < n; i++)
		at += sprintf(at, "%s%s", i == 0 ? "[" : ",", ONE);
	strcpy(at, "]");
	ck_assert_int_eq(sessions_parse(text, &l), 0);
	ck_assert_uint_eq(l.n, STATUS_SESSIONS_MAX);
	free(text);
}
END_TEST

/* Received and sent before and after, pid after, ms between; -1: no rate. */
static const struct { int64_t in1, out1, in2, out2, pid, ms, rate; } moves[] = {
	{ 0, 0, 0, 0, 7, 1000, 0 }, { 10, 20, 510, 520, 7, 1000, 1000 }, { 0, 0, 100, 0, 7, 2000, 50 }, { 0, 0, 100, 0, 7, 500, 200 },
	{ 0, 0, 100, 0, 8, 1000, -1 },			/* another one */
	{ 100, 0, 50, 0, 7, 1000, -1 },			/* it went back: another one again */
	{ 0, 0, 100, 0, 7, 0, -1 }, { 0, 0, 100, 0, 7, -5, -1 },
	{ -9, 0, 100, 0, 7, 1000, 100 }, { 0, 0, INT64_MAX, INT64_MAX, 7, 1000, INT64_MAX / 1000 },
};

START_TEST(rates_are_of_the_same_connection)
{
	before = (struct status_sessions){ .n = 1, .at = 5000, .v = { { .pid = 7, .received = moves[_i].in1, .sent = moves[_i].out1 } } };
	l = (struct status_sessions){ .n = 1, .at = 5000 + moves[_i].ms, .v = { { .pid = moves[_i].pid, .received = moves[_i].in2,
		.sent = moves[_i].out2, .rate = -1 } } };
	sessions_rates(&l, &before);
	ck_assert_msg(l.v[0].rate == moves[_i].rate, "row %d: %lld", _i, (long long)l.v[0].rate);
}
END_TEST

/* --- numbers -------------------------------------------------------------------------------- */

static struct status_numbers numbers;

static int
read_numbers(const char *text, enum numbers_of of)
{
	memset(&numbers, 0, sizeof numbers);
	return numbers_parse(text, of, &numbers);
}

#define T "sallyport_tunnel_"
#define D "sallyport_syncd_"

START_TEST(the_doors_numbers_are_added_up)
{
	ck_assert_int_eq(read_numbers("# HELP x\n" T "connections_accepted_total{service=\"a\"} 7\n" T "connections_accepted_total{service=\"b\"} 1\n"
	    T "connections_total{service=\"a\",result=\"closed\"} 3\n" T "connections_total{service=\"a\",result=\"reset\"} 1\n"
	    T "connections_total{service=\"a\",result=\"refused_rate\"} 5\n" T "connections_total{service=\"b\",result=\"refused_rate\"} 1\n"
	    T "handshake_failures_total{service=\"a\",reason=\"tls\"} 2\n" T "handshake_failures_total{service=\"a\",reason=\"timeout\"} 0\n"
	    T "connections_active 4\n" T "other_total{service=\"c\"} 9\n", NUMBERS_DOOR), 0);
	ck_assert_uint_eq(numbers.n_sections, 2);
	ck_assert_str_eq(numbers.sections[0].name, "a");
	ck_assert(numbers.sections[0].total == 7 && numbers.sections[0].now == 3 && numbers.sections[0].failed == 2);
	ck_assert(numbers.sections[1].total == 1 && numbers.sections[1].now == 1 && numbers.connections == 4);
	ck_assert_uint_eq(numbers.n_reasons, 2);	/* what never happened is none */
	ck_assert_str_eq(numbers.reasons[0].name, "refused_rate");
	ck_assert_str_eq(numbers.reasons[1].name, "handshake_tls");
	ck_assert(numbers.reasons[0].n == 6 && numbers.reasons[1].n == 2);
}
END_TEST

START_TEST(the_daemons_numbers_are_added_up)
{
	ck_assert_int_eq(read_numbers(D "sessions_total{module=\"m\",direction=\"out\",result=\"ok\"} 4\n"
	    D "sessions_total{module=\"m\",direction=\"in\",result=\"failed\"} 1\n" D "sessions_active{module=\"m\"} 2\n"
	    D "refusals_total{module=\"m\",reason=\"address\"} 3\n" D "logins_total{module=\"m\",result=\"failed\"} 5\n"
	    D "logins_total{module=\"m\",result=\"ok\"} 6\n" D "connections_waiting 1\n" D "connections_served 2\n", NUMBERS_DAEMON), 0);
	ck_assert(numbers.n_sections == 1 && numbers.sections[0].total == 7 && numbers.sections[0].failed == 1 && numbers.sections[0].now == 2);
	ck_assert(numbers.connections == 3 && numbers.n_reasons == 2 && numbers.reasons[0].n == 3 && numbers.reasons[1].n == 5);
}
END_TEST

static const char *const bad_numbers[] = {
	"", "\n\n", "x 1\n", T "connections_active\n", T "connections_active \n", T "connections_active -1\n", T "connections_active 1x\n",
	T "connections_active 1.5\n", T "connections_active{ 1\n", T "connections_active{a} 1\n", T "connections_active{a=\"b} 1\n",
	T "connections_active{a=\"b\\", T "connections_active{a=\"b\"", T "connections_active{a=\"b\"c=\"d\"} 1\n",
	T "connections_active{a=\"1\",b=\"2\",c=\"3\",d=\"4\",e=\"5\"} 1\n", D "connections_served 1\n",
};

START_TEST(what_cannot_be_read_counts_nothing)
{
	ck_assert_msg(read_numbers(bad_numbers[_i], NUMBERS_DOOR) == E_FORMAT, "%s", bad_numbers[_i]);
	ck_assert_int_eq(numbers.connections, 0);
}
END_TEST

START_TEST(sections_are_bounded)
{
	char text[STATUS_SECTIONS_MAX * 2 * 64], *at = text;

	for (int i = 0; i < STATUS_SECTIONS_MAX + 50; i++)
		at += sprintf(at, T "connections_accepted_total{service=\"%d\"} 1\n", i);
	ck_assert_int_eq(read_numbers(text, NUMBERS_DOOR), 0);
	ck_assert_uint_eq(numbers.n_sections, STATUS_SECTIONS_MAX);
	ck_assert_int_eq(numbers.sections[STATUS_SECTIONS_MAX - 1].total, 51);
}
END_TEST

static const struct { const char *answer, *body; } answers[] = {
	{ "HTTP/1.1 200 OK\r\nA: b\r\n\r\nx 1\n", "x 1\n" }, { "HTTP/1.0 200 OK\r\n\r\n", "" }, { "HTTP/1.1 503 No\r\n\r\nx", NULL }, { "x", NULL },
	{ "", NULL }, { "HTTP/1.1", NULL }, { "HTTP/1.1 200 OK\r\nA: b", NULL },
};

START_TEST(only_good_news_have_a_body)
{
	struct buf b = BUF_INIT;

	buf_text(&b, answers[_i].answer);
	ck_assert_msg(scrape_body(&b) == (answers[_i].body != NULL), "%s", answers[_i].answer);
	if (answers[_i].body != NULL)
		ck_assert_str_eq(buf_cstr(&b), answers[_i].body);
	buf_done(&b);
}
END_TEST

/* --- units ---------------------------------------------------------------------------------- */

static const struct verify_unit units[] = {
	{ "s.service", "s", "", false, true, false }, { "s.socket", "s-socket", "", false, false, true }, { "f.service", "f", "", false, false, true },
};

#define UNIT(id, active, sub, more) "Id=" id "\nLoadState=loaded\nActiveState=" active "\nSubState=" sub "\n" more "\n"
#define SOCKET UNIT("s.socket", "active", "listening", "")
#define WALL UNIT("f.service", "active", "exited", "")

static const struct { const char *shown; enum status_state s, socket, wall; } states[] = {
	{ UNIT("s.service", "active", "running", "") SOCKET WALL, STATUS_UP, STATUS_UP, STATUS_UP },
	{ UNIT("s.service", "reloading", "reload", "") SOCKET WALL, STATUS_UP, STATUS_UP, STATUS_UP },
	{ UNIT("s.service", "inactive", "dead", "") SOCKET WALL, STATUS_READY, STATUS_UP, STATUS_UP },
	{ UNIT("s.service", "failed", "failed", "") SOCKET WALL, STATUS_DOWN, STATUS_UP, STATUS_UP },
	{ UNIT("s.service", "activating", "auto-restart", "") SOCKET WALL, STATUS_DOWN, STATUS_UP, STATUS_UP },
	{ UNIT("s.service", "activating", "start", "") SOCKET WALL, STATUS_UP, STATUS_UP, STATUS_UP },
	{ UNIT("s.service", "inactive", "dead", "") UNIT("s.socket", "inactive", "dead", "") WALL, STATUS_DOWN, STATUS_DOWN, STATUS_UP },
	{ UNIT("s.service", "inactive", "dead", "") SOCKET UNIT("f.service", "inactive", "dead", ""), STATUS_READY, STATUS_UP, STATUS_DOWN },
	{ SOCKET WALL, STATUS_DOWN, STATUS_UP, STATUS_UP }, { "", STATUS_DOWN, STATUS_DOWN, STATUS_DOWN },
};

START_TEST(what_runs_and_what_is_ready)
{
	static struct status_units u;

	status_units_read(states[_i].shown, units, 3, 0, &u);
	ck_assert_msg(u.v[0].state == states[_i].s && u.v[1].state == states[_i].socket && u.v[2].state == states[_i].wall, "row %d", _i);
	ck_assert(status_units_down(&u) == (u.v[0].state == STATUS_DOWN || u.v[1].state == STATUS_DOWN || u.v[2].state == STATUS_DOWN));
	ck_assert(status_runs(&u, "s.service") == (states[_i].s == STATUS_UP));
}
END_TEST

START_TEST(what_a_unit_takes)
{
	static struct status_units u;

	status_units_read(UNIT("s.service", "active", "running", "ActiveEnterTimestampMonotonic=2000000\nNRestarts=3\nMemoryCurrent=4096\n"
	    "CPUUsageNSec=1500000000\nTasksCurrent=[not set]\n"), units, 1, 65000000, &u);
	ck_assert(u.v[0].seconds == 63 && u.v[0].restarts == 3 && u.v[0].memory == 4096 && u.v[0].cpu_ms == 1500 && u.v[0].tasks == -1);
	status_units_read(UNIT("s.service", "active", "running", "ActiveEnterTimestampMonotonic=0\nMemoryCurrent=18446744073709551615\n"), units, 1, 5, &u);
	ck_assert(u.v[0].seconds == -1 && u.v[0].memory == -1);
}
END_TEST

/* --- certificates --------------------------------------------------------------------------- */

START_TEST(clients_that_end_soon_by_their_newest_certificate)
{
	static const char index[] = "sallyport-ca 1\ncert 01 client 900000 0 old\ncert 02 client 90000000 0 old\ncert 03 client 900000 0 soon\n"
	    "cert 04 client 90000000 5 out\ncert 05 client 100 0 over\ncert 06 server 900000 0 door\ncert 07 client 90000000 0 long\n";
	static struct status_ends e;
	struct ca_index x;
	unsigned line;

	ck_assert_int_eq(index_parse(index, sizeof index - 1, &x, &line), 0);
	ends_clients(&x, 86400, &e);
	ck_assert_int_eq(e.clients, 3);
	ck_assert_uint_eq(e.n, 1);
	ck_assert_str_eq(e.v[0].name, "soon");
	ck_assert_int_eq(e.v[0].days, 9);
	index_done(&x);
}
END_TEST

/* --- what is printed ------------------------------------------------------------------------ */

static const struct { int64_t n; const char *bytes, *time; } shapes[] = {
	{ -1, "-", "-" }, { 0, "0 B", "0 s" }, { 59, "59 B", "59 s" }, { 60, "60 B", "1 min" }, { 1023, "1023 B", "17 min" }, { 1536, "1.5 KiB", "25 min" },
	{ 3700, "3.6 KiB", "1 h 1 min" }, { 1048576, "1.0 MiB", "12 d 3 h" }, { INT64_MAX, "819.1 PiB", NULL },
};

START_TEST(sizes_and_times_are_for_people)
{
	char dst[40];

	ck_assert_str_eq(status_bytes(shapes[_i].n, dst, sizeof dst), shapes[_i].bytes);
	if (shapes[_i].time != NULL)
		ck_assert_str_eq(status_time(shapes[_i].n, dst, sizeof dst), shapes[_i].time);
}
END_TEST

/* Every text that a stranger chooses is this. */
static void
make_hostile(struct status *s)
{
	static const char evil[] = "\x1b[2J\x07\x9b\xc2\x9b\n\r\t\x7f\"\\\xc2";

	*s = (struct status){ .name = evil, .host = evil };
	s->sessions.n = s->door.n_sections = s->door.n_reasons = s->ends.n = 1;
	strcpy(s->sessions.v[0].module, evil);
	strcpy(s->sessions.v[0].user, evil);
	strcpy(s->sessions.v[0].address, evil);
	memcpy(s->sessions.v[0].direction, evil, 7);
	strcpy(s->sessions.v[0].state, evil);
	strcpy(s->door.sections[0].name, evil);
	strcpy(s->door.reasons[0].name, evil);
	strcpy(s->daemon.why.text, evil);
	strcpy(s->units.why.text, evil);
	strcpy(s->ends.v[0].what, "client");
	strcpy(s->ends.v[0].name, evil);
	strcpy(s->ends.v[0].why.text, evil);
}

START_TEST(no_byte_that_a_terminal_obeys)
{
	static struct status s;
	char *text = NULL;
	size_t n;
	FILE *to = open_memstream(&text, &n);

	make_hostile(&s);
	(_i == 0 ? status_print : status_print_json)(&s, to);
	fclose(to);
	ck_assert(n > 0 && strstr(text, "[2J") != NULL);
	for (size_t i = 0; i < n; i++) {
		ck_assert_msg((unsigned char)text[i] >= 0x20 || text[i] == '\n', "%zu: %02x", i, (unsigned char)text[i]);
		ck_assert((unsigned char)text[i] < 0x7f);
	}
	ck_assert(strstr(text, _i == 0 ? "\\#033[2J\\#007\\#233\\#302\\#233\\#012\\#015\\#011\\#177\"\\\\#302" : "\\\\#033[2J") != NULL);
	if (_i == 1)
		ck_assert(strchr(text, '\n') == text + n - 1);	/* an object is a line */
	free(text);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("status");
	TCase *t = tcase_create("status");

	tcase_add_loop_test(t, lists_are_read_whole_or_not_at_all, 0, (int)ARRAY_LEN(lists));
	tcase_add_test(t, all_of_a_connection_is_kept);
	tcase_add_test(t, more_than_there_is_room_for_are_left_out);
	tcase_add_loop_test(t, rates_are_of_the_same_connection, 0, (int)ARRAY_LEN(moves));
	tcase_add_test(t, the_doors_numbers_are_added_up);
	tcase_add_test(t, the_daemons_numbers_are_added_up);
	tcase_add_loop_test(t, what_cannot_be_read_counts_nothing, 0, (int)ARRAY_LEN(bad_numbers));
	tcase_add_test(t, sections_are_bounded);
	tcase_add_loop_test(t, only_good_news_have_a_body, 0, (int)ARRAY_LEN(answers));
	tcase_add_loop_test(t, what_runs_and_what_is_ready, 0, (int)ARRAY_LEN(states));
	tcase_add_test(t, what_a_unit_takes);
	tcase_add_test(t, clients_that_end_soon_by_their_newest_certificate);
	tcase_add_loop_test(t, sizes_and_times_are_for_people, 0, (int)ARRAY_LEN(shapes));
	tcase_add_loop_test(t, no_byte_that_a_terminal_obeys, 0, 2);
	suite_add_tcase(s, t);
	return unit_main(s);
}
