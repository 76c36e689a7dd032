#include "syncd/types.h"
#include "syncd/wire/hello.h"
#include "t/unit/hex.h"
#include "t/unit/unit.h"

static const struct {
	const char *line;
	enum hello_fault fault;
	int version;
	const char *digests;
} greetings[] = {	/* rsync-wire 1.1 */
	{ "@RSYNCD: 27", HELLO_OK, 27, "" },
	{ "@RSYNCD: 29", HELLO_OK, 29, "" },
	{ "@RSYNCD: 30.0", HELLO_OK, 30, "" },
	{ "@RSYNCD: 31.0", HELLO_OK, 31, "" },
	{ "@RSYNCD: 31.0 md5 md4", HELLO_OK, 31, "md5 md4" },
	{ "@RSYNCD: 32.0 sha512 sha256 sha1 md5 md4", HELLO_OK, 32, "sha512 sha256 sha1 md5 md4" },
	{ "@RSYNCD: 29.0 sha512", HELLO_OK, 29, "sha512" },
	{ "@RSYNCD: 33.0 md5", HELLO_OK, 32, "md5" },
	{ "@RSYNCD: 99999999999999999999.0 md5", HELLO_OK, 32, "md5" },
	{ "@RSYNCD: 32.14 md5", HELLO_OK, 31, "md5" },		/* a pre-release of ours is not ours */
	{ "@RSYNCD: 31.1", HELLO_OK, 30, "" },
	{ "@RSYNCD: 33.1 md5", HELLO_OK, 32, "md5" },
	{ "@RSYNCD: 27.1", HELLO_TOO_OLD, 26, "" },
	{ "@RSYNCD: 26", HELLO_TOO_OLD, 26, "" },
	{ "@RSYNCD: 0", HELLO_TOO_OLD, 0, "" },
	{ "@RSYNCD: 30", HELLO_NO_SUBPROTOCOL, 0, "" },
	{ "@RSYNCD: 32 md5", HELLO_NO_SUBPROTOCOL, 0, "" },
	{ "@RSYNCD: 32. md5", HELLO_NO_SUBPROTOCOL, 0, "" },
	{ "@RSYNCD: 32.0", HELLO_NO_DIGESTS, 0, "" },
	{ "@RSYNCD: 32.0 ", HELLO_NO_DIGESTS, 0, "" },
	{ "@RSYNCD: 1000.0", HELLO_NO_DIGESTS, 0, "" },
	{ "", HELLO_NOT_RSYNC, 0, "" },
	{ "GET / HTTP/1.1", HELLO_NOT_RSYNC, 0, "" },
	{ "@RSYNCD: ", HELLO_NOT_RSYNC, 0, "" },
	{ "@RSYNCD: -1.0", HELLO_NOT_RSYNC, 0, "" },
	{ "@RSYNCD: +31.0", HELLO_NOT_RSYNC, 0, "" },
	{ "@RSYNCD:31.0", HELLO_NOT_RSYNC, 0, "" },
	{ " @RSYNCD: 31.0", HELLO_NOT_RSYNC, 0, "" },
	{ "@rsyncd: 31.0", HELLO_NOT_RSYNC, 0, "" },
};

START_TEST(a_greeting_is_understood_as_the_protocol_says)
{
	struct hello h = { 0 };

	ck_assert_msg(hello_get(greetings[_i].line, &h) == greetings[_i].fault, "\"%s\"", greetings[_i].line);
	if (greetings[_i].fault != HELLO_OK)
		return;
	ck_assert_msg(h.version == greetings[_i].version, "\"%s\": %d", greetings[_i].line, h.version);
	ck_assert_str_eq(h.digests, greetings[_i].digests);
	ck_assert_int_eq(h.has_digests, greetings[_i].digests[0] != '\0');
}
END_TEST

START_TEST(a_long_digest_list_is_cut)
{
	char line[2000] = "@RSYNCD: 32.0 ";
	struct hello h;

	memset(line + strlen(line), 'x', 1500);
	ck_assert_int_eq(hello_get(line, &h), HELLO_OK);
	ck_assert_uint_eq(strlen(h.digests), sizeof h.digests - 1);
}
END_TEST

START_TEST(our_greeting_says_32_and_what_we_know)
{
	struct buf b = BUF_INIT;

	hello_put(&b, "md5 md4");
	hello_put(&b, "");
	ck_assert_str_eq(buf_cstr(&b), "@RSYNCD: 32.0 md5 md4\n@RSYNCD: 32.0\n");
	buf_done(&b);
}
END_TEST

START_TEST(two_lines_may_come_in_one_piece)
{
	static const char text[] = "@RSYNCD: 29\nm\n";
	struct cursor c = cur_of(text, sizeof text - 1);
	char line[64];

	ck_assert_int_eq(line_get(&c, line, sizeof line), 0);
	ck_assert_str_eq(line, "@RSYNCD: 29");
	ck_assert_int_eq(line_get(&c, line, sizeof line), 0);
	ck_assert_str_eq(line, "m");
	ck_assert_int_eq(line_get(&c, line, sizeof line), E_SHORT);
}
END_TEST

START_TEST(a_line_without_its_end_consumes_nothing)
{
	static const char text[] = "#early_input=5\n";

	for (size_t n = 0; n < sizeof text - 2; n++) {
		struct cursor c = cur_of(text, n);
		char line[64];

		ck_assert_int_eq(line_get(&c, line, sizeof line), E_SHORT);
		ck_assert_uint_eq(cur_left(&c), n);
	}
}
END_TEST

static const struct {
	const char *bytes;
	size_t n;
	int r;
	const char *line;
} lines[] = {
	{ "a\r\n", 3, 0, "a" }, { "\ra\rb\r\r\n", 7, 0, "ab" }, { "\n", 1, 0, "" }, { "a\0b\n", 4, E_FORMAT, "" },
	{ "\0", 1, E_FORMAT, "" }, { "1234567\n", 8, 0, "1234567" }, { "12345678\n", 9, E_LIMIT, "" },
	{ "12345678", 8, E_LIMIT, "" }, { "1234567", 7, E_SHORT, "" },
	{ "\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r", 17, E_LIMIT, "" },
};

START_TEST(a_line_has_no_nul_no_cr_and_an_end_to_its_length)
{
	struct cursor c = cur_of(lines[_i].bytes, lines[_i].n);
	char line[8];

	ck_assert_int_eq(line_get(&c, line, sizeof line), lines[_i].r);
	if (lines[_i].r == 0)
		ck_assert_str_eq(line, lines[_i].line);
	else
		ck_assert_uint_eq(cur_left(&c), lines[_i].n);
}
END_TEST

static const struct {
	const char *line;
	enum request_kind kind;
	long early;
} requests[] = {
	{ "", REQUEST_LIST, 0 }, { "#list", REQUEST_LIST, 0 }, { "#list ", REQUEST_COMMAND, 0 }, { "#foo", REQUEST_COMMAND, 0 },
	{ "#", REQUEST_COMMAND, 0 }, { "m", REQUEST_MODULE, 0 }, { " #list", REQUEST_MODULE, 0 },
	{ "#early_input=1", REQUEST_EARLY_INPUT, 1 }, { "#early_input=5120", REQUEST_EARLY_INPUT, 5120 },
	{ "#early_input=5121", REQUEST_EARLY_INPUT, -1 }, { "#early_input=0", REQUEST_EARLY_INPUT, -1 },
	{ "#early_input=-1", REQUEST_EARLY_INPUT, -1 }, { "#early_input=", REQUEST_EARLY_INPUT, -1 },
	{ "#early_input=5x", REQUEST_EARLY_INPUT, -1 }, { "#early_input=99999999999999999999", REQUEST_EARLY_INPUT, -1 },
};

START_TEST(a_request_line_is_one_of_four)
{
	long early = 0;

	ck_assert_msg(request_kind(requests[_i].line, &early) == requests[_i].kind, "\"%s\"", requests[_i].line);
	ck_assert_msg(early == requests[_i].early, "\"%s\": %ld", requests[_i].line, early);
}
END_TEST

START_TEST(a_listing_has_names_in_a_column)
{
	struct buf b = BUF_INIT;

	listing_put(&b, "pub", "things");
	listing_put(&b, "a-name-of-16-byt", "");
	ck_assert_str_eq(buf_cstr(&b), "pub            \tthings\na-name-of-16-byt\t\n");
	buf_done(&b);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("syncd/wire/hello");
	TCase *t = tcase_create("hello");

	tcase_add_loop_test(t, a_greeting_is_understood_as_the_protocol_says, 0, ARRAY_LEN(greetings));
	tcase_add_test(t, a_long_digest_list_is_cut);
	tcase_add_test(t, our_greeting_says_32_and_what_we_know);
	tcase_add_test(t, two_lines_may_come_in_one_piece);
	tcase_add_test(t, a_line_without_its_end_consumes_nothing);
	tcase_add_loop_test(t, a_line_has_no_nul_no_cr_and_an_end_to_its_length, 0, ARRAY_LEN(lines));
	tcase_add_loop_test(t, a_request_line_is_one_of_four, 0, ARRAY_LEN(requests));
	tcase_add_test(t, a_listing_has_names_in_a_column);
	suite_add_tcase(s, t);
	return unit_main(s);
}
