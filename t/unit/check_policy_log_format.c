#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "t/unit/unit.h"
#include "lib/err.h"
#include "syncd/policy/log_format.h"

static const uint8_t sum[] = { 0x01, 0x23, 0xab, 0xff };

static struct log_facts
facts(void)
{
	return (struct log_facts){ .op = "recv", .addr = "192.0.2.1", .host = "h.example", .user = "u", .module = "m", .path = "/srv/%m",
	    .file = "d/f", .name = "f", .link_mark = " -> ", .link = "t", .item = ">f+++++++++", .mode = S_IFREG | 0644, .length = 1234567,
	    .mtime = 0, .uid = 7, .gid = -1, .bytes = 1023, .other = 1048576, .sum = sum, .sum_len = sizeof sum, .pid = 42, .now = 86399 };
}

static char *
line(const char *format, const struct log_facts *f)
{
	static char text[4096];
	struct buf b = BUF_INIT;

	log_format_put(&b, format, f);
	ck_assert_int_eq(b.err, 0);
	ck_assert_uint_lt(buf_len(&b), sizeof text);
	memcpy(text, buf_head(&b), buf_len(&b));
	text[buf_len(&b)] = '\0';
	buf_done(&b);
	return text;
}

/* As rsync 3.5.0 writes them. */
static const struct { const char *format, *want; } lines[] = {
	{ "", "" }, { "plain", "plain" }, { "%o %h [%a] %m (%u) %f %l", "recv h.example [192.0.2.1] m (u) d/f 1234567" },
	{ "%P|%n|%i|%p", "/srv/%m|f|>f+++++++++|42" },	/* what a value holds is not looked at again */
	{ "%U %G", "7 DEFAULT" }, { "%C", "0123abff" }, { "%B", "rw-r--r--" }, { "%L", " -> t" },
	{ "%M %t", "1970/01/01-00:00:00 1970/01/01 23:59:59" },
	{ "%%", "%" }, { "%", "%" }, { "a%", "a%" }, { "%5", "%5" }, { "%'", "%'" }, { "%q%-5q", "%q%-5q" }, { "%5%|%%5|", "    %|%5|" },
	{ "%5o|%-5o|%1o|", " recv|recv |recv|" }, { "%--5o", "%--5o" }, { "%-'5o", "%-'5o" },
	{ "%'l|%''l|%'''l|%''''l", "1,234,567|1.23M|1.18M|1.18M" }, { "%10''l|%-''10l|%''-10l|", "     1.23M|%-''10l|1.23M     |" },
	{ "%'b %''b %'''b", "1,023 1.02K 1,023" }, { "%''c %'''c", "1.05M 1.00M" }, { "%'p", "42" },
	{ "%00000000000000000000007o", "   recv" }, { "%000000000000000000000007o", "%000000000000000000000007o" },
	{ "%6L|%-6L|", " ->      t| -> t     |" },
};

START_TEST(a_line)
{
	struct log_facts f = facts();

	ck_assert_str_eq(line(lines[_i].format, &f), lines[_i].want);
}
END_TEST

START_TEST(what_is_not_known)
{
	struct log_facts f = facts();

	f.sum = NULL;
	f.link = f.link_mark = "";
	ck_assert_str_eq(line("%C|%20C|%L|%3L|", &f), "        |        ||       |");
	f.mode = S_IFDIR | 07777;
	ck_assert_str_eq(line("%B", &f), "rwsrwsrwt");
	f.mode = S_IFDIR | 07000;
	ck_assert_str_eq(line("%B", &f), "--S--S--T");
	f.length = -1;
	ck_assert_str_eq(line("%'l", &f), "-1");
	f.mtime = INT64_MAX;		/* no year that there is */
	ck_assert_uint_gt(strlen(line("%M", &f)), 0);
}
END_TEST

START_TEST(a_width_is_bounded)
{
	struct log_facts f = facts();

	ck_assert_uint_eq(strlen(line("%99999999999999999999o", &f)), LOG_FORMAT_WIDTH_MAX);
}
END_TEST

static const struct { const char *format, *escapes; bool has; } having[] = {
	{ "%o %f", "i", false }, { "%o %i", "i", true }, { "%%i", "i", false }, { "%'-5i", "i", true }, { "%5", "5", false },
	{ "100% i", "i", false }, { "%o", "oi", true }, { "", "i", false }, { "%%%i", "i", true },
};

START_TEST(an_escape_is_there)
{
	ck_assert_int_eq(log_format_has(having[_i].format, having[_i].escapes), having[_i].has);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("policy/log_format");
	TCase *t = tcase_create("format");

	setenv("TZ", "UTC", 1);
	tcase_add_loop_test(t, a_line, 0, (int)ARRAY_LEN(lines));
	tcase_add_test(t, what_is_not_known);
	tcase_add_test(t, a_width_is_bounded);
	tcase_add_loop_test(t, an_escape_is_there, 0, (int)ARRAY_LEN(having));
	suite_add_tcase(s, t);
	return unit_main(s);
}
