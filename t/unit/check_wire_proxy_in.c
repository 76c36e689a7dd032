#include "syncd/wire/proxy_in.h"

#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "t/unit/unit.h"

#define V2 "\r\n\r\n\0\r\nQUIT\n"
#define V4 "\300\0\2\7\177\0\0\1\4\322\3\151"
#define ROW(text) text, sizeof text - 1

static const struct { const char *bytes; size_t n; int r; const char *from; } rows[] = {
	{ ROW("PROXY TCP4 192.0.2.7 127.0.0.1 1234 873\r\n"), 0, "192.0.2.7:1234" },
	{ ROW("PROXY TCP6 2001:db8::7 ::1 1234 873\r\n"), 0, "2001:db8::7:1234" },
	{ ROW("PROXY TCP6 ::ffff:192.0.2.7 ::1 1 65535\r\n"), 0, "192.0.2.7:1" },	/* mapped: the plain one */
	{ ROW("PROXY UNKNOWN\r\n"), 0, NULL }, { ROW("PROXY UNKNOWN x  y\r\n"), 0, NULL },
	{ ROW("PROXY UNKNOWNX\r\n"), E_FORMAT, NULL }, { ROW("PROXY \r\n"), E_FORMAT, NULL }, { ROW("PROXY TCP4\r\n"), E_FORMAT, NULL },
	{ ROW("PROXY TCP5 192.0.2.7 127.0.0.1 1 2\r\n"), E_FORMAT, NULL }, { ROW("PROXY TCP4 192.0.2.7 127.0.0.1 1 2\n"), E_FORMAT, NULL },
	{ ROW("PROXY TCP4 192.0.2.7 127.0.0.1 1 2 \r\n"), E_FORMAT, NULL }, { ROW("PROXY TCP4 192.0.2.7 127.0.0.1 01x 2\r\n"), E_FORMAT, NULL },
	{ ROW("PROXY TCP4 192.0.2.7 127.0.0.1 0 2\r\n"), E_FORMAT, NULL }, { ROW("PROXY TCP4 192.0.2.7 ::1 1 2\r\n"), E_FORMAT, NULL },
	{ ROW("PROXY TCP4 192.0.2.7\0 127.0.0.1 1 2\r\n"), E_FORMAT, NULL }, { ROW("PROXY\tTCP4"), E_FORMAT, NULL },
	{ ROW("proxy TCP4 192.0.2.7 127.0.0.1 1 2\r\n"), E_FORMAT, NULL }, { ROW("@RSYNCD: 31.0\n"), E_FORMAT, NULL },
	{ ROW(V2 "\x21\x11\0\14" V4), 0, "192.0.2.7:1234" }, { ROW(V2 "\x20\x11\0\14" V4), 0, NULL }, { ROW(V2 "\x20\0\0\0"), 0, NULL },
	{ ROW(V2 "\x21\0\0\0"), 0, NULL }, { ROW(V2 "\x21\x31\0\1x"), 0, NULL }, { ROW(V2 "\x21\x11\0\13" V4), E_FORMAT, NULL },
	{ ROW(V2 "\x21\x11\0\15" V4 "\2"), E_FORMAT, NULL }, { ROW(V2 "\x21\x11\0\17" V4 "\2\0\1"), E_FORMAT, NULL },
	{ ROW(V2 "\x31\x11\0\14" V4), E_FORMAT, NULL }, { ROW(V2 "\x22\x11\0\14" V4), E_FORMAT, NULL }, { ROW(V2 "\x22\0\0\0"), E_FORMAT, NULL },
	{ ROW(V2 "\x21\x11\17\361"), E_LIMIT, NULL }, { ROW(V2 "\x21\x11\377\377"), E_LIMIT, NULL },
	{ ROW("\r\n\r\n\0\r\nQUIX\n\x21\x11\0\14" V4), E_FORMAT, NULL },
};

START_TEST(a_header_is_what_the_protocol_says)
{
	struct cursor c = cur_of(rows[_i].bytes, rows[_i].n);
	char text[ADDR_TEXT_SIZE];
	struct proxy_in p;

	ck_assert_int_eq(proxy_in_get(&c, &p), rows[_i].r);
	if (rows[_i].r != 0)
		return;
	ck_assert_uint_eq(cur_left(&c), 0);
	ck_assert_int_eq(p.known, rows[_i].from != NULL);
	if (p.known)
		ck_assert_str_eq(addr_text(&p.from, text, sizeof text), rows[_i].from);
}
END_TEST

START_TEST(a_part_of_it_is_waited_for)
{
	if (rows[_i].r != 0)
		return;
	for (size_t n = 0; n < rows[_i].n; n++) {
		struct cursor c = cur_of(rows[_i].bytes, n);
		struct proxy_in p;

		ck_assert_int_eq(proxy_in_get(&c, &p), E_SHORT);
		ck_assert_ptr_eq(c.at, rows[_i].bytes);
	}
}
END_TEST

START_TEST(a_line_has_a_bound)
{
	char line[PROXY_V1_MAX + 2];
	struct cursor c = cur_of(line, PROXY_V1_MAX);
	struct proxy_in p;

	memset(line, 'x', sizeof line);
	memcpy(line, "PROXY UNKNOWN ", 14);
	ck_assert_int_eq(proxy_in_get(&c, &p), E_LIMIT);
	memcpy(line + PROXY_V1_MAX - 2, "\r\n", 2);
	ck_assert_int_eq(proxy_in_get(&c, &p), 0);
	memcpy(line + PROXY_V1_MAX - 2, "x\r\n", 3);
	c = cur_of(line, PROXY_V1_MAX + 1);
	ck_assert_int_eq(proxy_in_get(&c, &p), E_LIMIT);
}
END_TEST

static const struct { const char *tlvs; size_t n; const char *want; } told[] = {
	{ ROW("\2\0\5a.org\1\0\5rsync\5\0\2\276\357"), "0 0 0    a.org rsync beef" },
	{ ROW("\x20\0\37\5\0\0\0\0\x21\0\7TLSv1.3\x22\0\4jane\x23\0\6AES128"), "1 1 1 TLSv1.3 AES128 jane   " },
	{ ROW("\x20\0\14\3\0\0\0\1\x22\0\4jane"), "1 1 0   jane   " }, { ROW("\x20\0\5\1\0\0\0\0"), "1 0 0      " },
	{ ROW("\x20\0\5\6\0\0\0\0"), "0 0 0      " },		/* a certificate without TLS */
	{ ROW("\x22\0\4jane\x21\0\1x"), "0 0 0      " },		/* parts of PP2_TYPE_SSL outside of it */
	{ ROW("\2\0\5a\norg\2\0\2b\0"), "0 0 0      " },		/* no text */
	{ ROW("\4\0\0\xe0\0\3abc"), "0 0 0      " },		/* of no interest */
};

START_TEST(what_it_says_is_known)
{
	uint8_t bytes[256] = V2 "\x21\x11\0";
	struct proxy_in p;
	struct cursor c;
	char got[1200];

	bytes[15] = (uint8_t)(12 + told[_i].n);
	memcpy(bytes + 16, V4, 12);
	memcpy(bytes + 28, told[_i].tlvs, told[_i].n);
	c = cur_of(bytes, 28 + told[_i].n);
	ck_assert_int_eq(proxy_in_get(&c, &p), 0);
	snprintf(got, sizeof got, "%d %d %d %s %s %s %s %s %s", p.tls, p.has_cert, p.verified, p.version, p.cipher, p.common_name, p.authority,
	    p.alpn, p.unique_id);
	ck_assert_str_eq(got, told[_i].want);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("wire/proxy_in");
	TCase *t = tcase_create("proxy_in");

	tcase_add_loop_test(t, a_header_is_what_the_protocol_says, 0, (int)ARRAY_LEN(rows));
	tcase_add_loop_test(t, a_part_of_it_is_waited_for, 0, (int)ARRAY_LEN(rows));
	tcase_add_test(t, a_line_has_a_bound);
	tcase_add_loop_test(t, what_it_says_is_known, 0, (int)ARRAY_LEN(told));
	suite_add_tcase(s, t);
	return unit_main(s);
}
