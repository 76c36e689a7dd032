#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/ini.h"
#include "t/unit/unit.h"

/* A whole file as one text, so that a row can say what is read from it:
 * "[section]", "name=value", "&directive:value", "!junk", "ERR line", each with ';' after it. */
static const char *
told(enum ini_dialect dialect, const char *text, size_t size, char *dst, size_t room)
{
	struct conf_err e;
	struct ini_item it;
	struct ini in;
	size_t n = 0;

	ini_init(&in, dialect, "f", text, size);
	dst[0] = '\0';
	while (n < room) {
		if (ini_next(&in, &it, &e) != 0) {
			snprintf(dst + n, room - n, "ERR %u;", e.line);
			break;
		}
		if (it.kind == INI_END)
			break;
		n += (size_t)snprintf(dst + n, room - n, it.kind == INI_SECTION ? "[%s]%.0s;" :
		    it.kind == INI_SETTING ? "%s=%s;" : it.kind == INI_DIRECTIVE ? "&%s:%s;" : "!%s%.0s;", it.name, it.value);
	}
	ini_done(&in);
	return dst;
}

static const struct {
	const char *text, *told;
} rsyncd[] = {
	/* blank lines, comments */
	{ "", "" }, { "\n\n \t\n", "" }, { "# c\n; c\n  # c\n", "" }, { "# c \\\na = b\n", "a=b;" }, { "; c \\ \na=b", "a=b;" },
	{ "\v\f a = b", "a=b;" },
	/* settings */
	{ "a = b", "a=b;" }, { "a=b\n", "a=b;" }, { "  a  =  b  \n", "a=b;" }, { "a =\n", "a=;" }, { "a = b = c\n", "a=b = c;" },
	{ "use  Chroot = N O\n", "use  Chroot=N O;" }, { "a = b # c\n", "a=b # c;" }, { "a = \"b\"\n", "a=\"b\";" },
	{ "pre-xfer exec = x\n", "pre-xfer exec=x;" }, { "a = b\r\nc\r = d\re\r\n", "a=b;c=de;" },
	{ "= b\n", "ERR 1;" }, { "a=1\n\n = b\n", "a=1;ERR 3;" }, { "junk\na=b\n", "!junk;a=b;" },
	/* continuation */
	{ "a = b \\\n   c\n", "a=b    c;" }, { "a = b\\\nc\\\nd\n", "a=bcd;" }, { "a = b \\ \t \n c\n", "a=b  c;" },
	{ "a = b \\\n# c\n", "a=b # c;" }, { "pa \\\nth = /x\n", "pa th=/x;" }, { "[b\\\nc]\n", "[bc];" },
	{ "a = b\\", "a=b\\;" }, { "a = b \\\r\nc\r\n", "a=b c;" }, { "a = b\\\n\nc=d\n", "a=b;c=d;" },
	/* a stray backslash */
	{ "\\[x]\n", "[x];" }, { " \\ \\a = b\n", "a=b;" }, { "\\# c\n", "" },
	/* sections */
	{ "[x]\n", "[x];" }, { "  [ a  b\t c ]\n", "[a b c];" }, { "[x] behind\n", "[x];" }, { "[x]]\n", "[x];" },
	{ "[ GLO bal ]\n", "[GLO bal];" }, { "[a[b]\n", "[a[b];" }, { "[a#b]\n", "[a#b];" },
	{ "[]\n", "ERR 1;" }, { "[  ]\n", "ERR 1;" }, { "[x\n", "ERR 1;" }, { "[x", "ERR 1;" }, { "[a/b]\n", "ERR 1;" },
	{ "a=b\n[x\n]\n", "a=b;ERR 2;" },
	/* directives */
	{ "&include /x\n", "&include:/x;" }, { "&merge = /x\n", "&merge:/x;" }, { "&include /a b\n", "&include:/a;" },
	{ "&INCLUDE\t/x\n", "&INCLUDE:/x;" }, { "&other\n", "&other:;" }, { "&include=/x", "&include:/x;" },
};

START_TEST(rsyncd_conf_is_read_as_rsync_does)
{
	char got[512];

	ck_assert_msg(strcmp(told(INI_RSYNCD, rsyncd[_i].text, strlen(rsyncd[_i].text), got, sizeof got),
	    rsyncd[_i].told) == 0, "row %d \"%s\": %s", _i, rsyncd[_i].text, got);
}
END_TEST

static const struct {
	const char *text, *told;
} stunnel[] = {
	{ "", "" }, { "# c\n ; c\n\n", "" }, { "\xef\xbb\xbf" "a = b\n", "a=b;" }, { "\xef\xbb\xbf[x]\n", "[x];" },
	{ "a\xef\xbb\xbf=b\n", "a\xef\xbb\xbf=b;" },
	{ "a = b", "a=b;" }, { " a\t=\tb \n", "a=b;" }, { "a =\n", "a=;" }, { "a = b = c\n", "a=b = c;" },
	{ "accept = 443 ; web\n", "accept=443 ; web;" }, { "a = b # c\n", "a=b # c;" }, { "a = \"b\"\n", "a=\"b\";" },
	{ "a = b\\\nc = d\n", "a=b\\;c=d;" }, { "a\r = b\r\nc = d\r\n", "a=b;c=d;" }, { "\\a = b\n", "\\a=b;" },
	{ "-cert = /x\n", "-cert=/x;" }, { "&include = x\n", "&include=x;" },
	{ "nothing\na=b\n", "!nothing;a=b;" }, { "= b\n", "ERR 1;" },
	{ "[x]\n", "[x];" }, { " [ a  b ] \n", "[ a  b ];" }, { "[]\n", "[];" }, { "[a]b]\n", "[a]b];" }, { "[a/b]\n", "[a/b];" },
	{ "[x\n", "![x;" }, { "[x] y\n", "![x] y;" }, { "[x = y\n", "[x=y;" }, { "[x] = y\n", "[x]=y;" }, { "[\n", "![;" },
};

START_TEST(stunnel_conf_is_read_as_stunnel_does)
{
	char got[512];

	ck_assert_msg(strcmp(told(INI_STUNNEL, stunnel[_i].text, strlen(stunnel[_i].text), got, sizeof got),
	    stunnel[_i].told) == 0, "row %d \"%s\": %s", _i, stunnel[_i].text, got);
}
END_TEST

START_TEST(a_nul_byte_ends_the_daemons_file)
{
	char got[64];

	ck_assert_str_eq(told(INI_RSYNCD, "a=b\nc=d\0x\ne=f\n", 14, got, sizeof got), "a=b;c=d;");
}
END_TEST

START_TEST(a_nul_byte_is_refused_in_the_tunnels_file)
{
	char got[64];

	ck_assert_str_eq(told(INI_STUNNEL, "a=b\nc=d\0x\n", 10, got, sizeof got), "a=b;ERR 2;");
}
END_TEST

START_TEST(lines_are_counted_where_they_begin)
{
	static const char text[] = "# one\na = b \\\n c\n\nd = e\n";
	struct conf_err e;
	struct ini_item it;
	struct ini in;

	ini_init(&in, INI_RSYNCD, "f", text, sizeof text - 1);
	ck_assert_int_eq(ini_next(&in, &it, &e), 0);
	ck_assert_uint_eq(it.line, 2);
	ck_assert_int_eq(ini_next(&in, &it, &e), 0);
	ck_assert_uint_eq(it.line, 5);
	ck_assert_int_eq(ini_next(&in, &it, &e), 0);
	ck_assert_int_eq(it.kind, INI_END);
	ck_assert_int_eq(ini_next(&in, &it, &e), 0);	/* and stays there */
	ck_assert_int_eq(it.kind, INI_END);
	ini_done(&in);
}
END_TEST

/* _i: the dialect */
START_TEST(a_line_may_not_be_endless)
{
	static char text[3 * INI_LINE_MAX];
	char got[64];

	memset(text, 'x', sizeof text);
	ck_assert_str_eq(told((enum ini_dialect)_i, text, sizeof text, got, sizeof got), "ERR 1;");
	for (size_t i = 0; i + 1 < sizeof text; i += 2)
		memcpy(text + i, "\\\n", 2);
	told((enum ini_dialect)_i, text, sizeof text, got, sizeof got);	/* must end, and not overflow */
}
END_TEST

static const struct {
	enum ini_dialect dialect;
	const char *a, *b;
	int same;
} names[] = {
	{ INI_RSYNCD, "use chroot", "UseChroot", 1 }, { INI_RSYNCD, " use\tCHROOT ", "use chroot", 1 },
	{ INI_RSYNCD, "use_chroot", "use chroot", 0 }, { INI_RSYNCD, "path", "pathx", 0 }, { INI_RSYNCD, "", " ", 1 },
	{ INI_RSYNCD, "a", "", 0 }, { INI_STUNNEL, "CAfile", "cafile", 1 }, { INI_STUNNEL, "CA file", "CAfile", 0 },
	{ INI_STUNNEL, "cert", "cert ", 0 },
};

START_TEST(names_are_compared_as_the_dialect_says)
{
	ck_assert_msg(ini_same_name(names[_i].dialect, names[_i].a, names[_i].b) == names[_i].same, "%s, %s", names[_i].a,
	    names[_i].b);
	ck_assert_int_eq(ini_same_name(names[_i].dialect, names[_i].b, names[_i].a), names[_i].same);
}
END_TEST

START_TEST(a_file_that_cannot_be_read_is_named)
{
	struct buf b = BUF_INIT;
	struct conf_err e;

	ck_assert_int_eq(ini_slurp("/nowhere/x.conf", &b, &e), E_CONF);
	ck_assert_str_eq(e.path, "/nowhere/x.conf");
	ck_assert_int_eq(ini_slurp("/", &b, &e), E_CONF);
	buf_done(&b);
}
END_TEST

START_TEST(a_file_larger_than_the_bound_is_refused)
{
	char path[] = "/tmp/check_lib_ini.XXXXXX";
	struct buf b = BUF_INIT;
	struct conf_err e;
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, INI_FILE_MAX), 0);
	ck_assert_int_eq(ini_slurp(path, &b, &e), 0);
	ck_assert_uint_eq(buf_len(&b), INI_FILE_MAX);
	buf_clear(&b);
	ck_assert_int_eq(ftruncate(fd, INI_FILE_MAX + 1), 0);
	ck_assert_int_eq(ini_slurp(path, &b, &e), E_CONF);
	buf_done(&b);
	close(fd);
	unlink(path);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("lib/ini");
	TCase *t = tcase_create("ini");

	tcase_add_loop_test(t, rsyncd_conf_is_read_as_rsync_does, 0, ARRAY_LEN(rsyncd));
	tcase_add_loop_test(t, stunnel_conf_is_read_as_stunnel_does, 0, ARRAY_LEN(stunnel));
	tcase_add_test(t, a_nul_byte_ends_the_daemons_file);
	tcase_add_test(t, a_nul_byte_is_refused_in_the_tunnels_file);
	tcase_add_test(t, lines_are_counted_where_they_begin);
	tcase_add_loop_test(t, a_line_may_not_be_endless, INI_RSYNCD, INI_STUNNEL + 1);
	tcase_add_loop_test(t, names_are_compared_as_the_dialect_says, 0, ARRAY_LEN(names));
	tcase_add_test(t, a_file_that_cannot_be_read_is_named);
	tcase_add_test(t, a_file_larger_than_the_bound_is_refused);
	suite_add_tcase(s, t);
	return unit_main(s);
}
