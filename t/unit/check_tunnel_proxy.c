#include <string.h>

#include "lib/err.h"
#include "t/unit/unit.h"
#include "tunnel/proto/proxy.h"

static struct addr
at(const char *text, uint16_t port)
{
	struct addr a;

	ck_assert_int_eq(addr_parse(text, port, &a), 0);
	return a;
}

static const struct {
	const char *from, *to, *line;
} rows[] = {
	{ "198.51.100.7", "203.0.113.9", "PROXY TCP4 198.51.100.7 203.0.113.9 51234 874\r\n" },
	{ "2001:db8::1", "::1", "PROXY TCP6 2001:db8::1 ::1 51234 874\r\n" },
	{ "/a/socket", "/a/socket", "PROXY UNKNOWN\r\n" },
	{ "127.0.0.1", "::1", "PROXY UNKNOWN\r\n" },
};

START_TEST(version_1_is_one_exact_line)
{
	struct addr from = at(rows[_i].from, 51234), to = at(rows[_i].to, 874);
	struct buf out = BUF_INIT;

	proxy_v1_put(&out, &from, &to);
	ck_assert_str_eq(buf_cstr(&out), rows[_i].line);
	buf_done(&out);
}
END_TEST

START_TEST(version_2_has_exact_lengths)
{
	static const uint8_t wanted[] = {
		'\r', '\n', '\r', '\n', 0, '\r', '\n', 'Q', 'U', 'I', 'T', '\n', 0x21, 0x11, 0, 12 + 3 + 5 + 3 + 7,
		198, 51, 100, 7, 203, 0, 113, 9, 0xc8, 0x22, 0x03, 0x6a,
		0x20, 0, 5 + 3 + 7, 5, 0, 0, 0, 0,	/* a certificate, and it is good */
		0x21, 0, 7, 'T', 'L', 'S', 'v', '1', '.', '3',
	};
	struct proxy_tls tls = { 1, 1, "TLSv1.3", "", "" };
	struct addr from = at("198.51.100.7", 51234), to = at("203.0.113.9", 874);
	struct buf out = BUF_INIT;

	proxy_v2_put(&out, &from, &to, &tls);
	ck_assert_uint_eq(buf_len(&out), sizeof wanted);
	ck_assert_mem_eq(buf_head(&out), wanted, sizeof wanted);
	buf_done(&out);
}
END_TEST

START_TEST(version_2_of_a_unix_socket_has_no_addresses)
{
	struct addr a = at("/a", 0);
	struct buf out = BUF_INIT;

	proxy_v2_put(&out, &a, &a, NULL);
	ck_assert_uint_eq(buf_len(&out), 16);
	ck_assert_mem_eq(buf_head(&out) + 12, "\x21\0\0\0", 4);
	buf_done(&out);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tunnel/proxy");
	TCase *t = tcase_create("proxy");

	tcase_add_loop_test(t, version_1_is_one_exact_line, 0, (int)ARRAY_LEN(rows));
	tcase_add_test(t, version_2_has_exact_lengths);
	tcase_add_test(t, version_2_of_a_unix_socket_has_no_addresses);
	suite_add_tcase(s, t);
	return unit_main(s);
}
