#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/log.h"
#include "t/unit/unit.h"

static char dir[] = "/tmp/check_lib_log.XXXXXX";
static char path[64], old[64];

static void
set_up(void)
{
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/log", dir);
	snprintf(old, sizeof old, "%s/log.1", dir);
}

static void
tear_down(void)
{
	unlink(path);
	unlink(old);
	rmdir(dir);
}

static void
open_log(enum log_style style, int level)
{
	struct log_conf conf = { .style = style, .ident = "me", .file = path, .file_mode = 0640, .level = level };

	ck_assert_int_eq(log_setup(&conf), 0);
}

static const char *
held(const char *file)
{
	static char text[8192];
	int fd = open(file, O_RDONLY);
	ssize_t n = read(fd, text, sizeof text - 1);

	close(fd);
	text[n < 0 ? 0 : n] = '\0';
	return text;
}

static const struct {
	enum log_style style;
	const char *text;
	size_t n;
	const char *written;
} escapes[] = {
	{ LOG_STYLE_RSYNCD, "plain\ttext", 10, "plain\ttext" }, { LOG_STYLE_RSYNCD, "a\nb", 3, "a\\#012b" },
	{ LOG_STYLE_RSYNCD, "a\r\n\n", 4, "a" }, { LOG_STYLE_RSYNCD, "a\0b", 3, "a\\#000b" },
	{ LOG_STYLE_RSYNCD, "\x1b[31m", 5, "\\#033[31m" }, { LOG_STYLE_RSYNCD, "\\#033", 5, "\\#134#033" },
	{ LOG_STYLE_RSYNCD, "\\#03", 4, "\\#03" }, { LOG_STYLE_RSYNCD, "\\x", 2, "\\x" }, { LOG_STYLE_RSYNCD, "\x7f", 1, "\\#177" },
	{ LOG_STYLE_RSYNCD, "\x9b" "2J", 3, "\\#2332J" }, { LOG_STYLE_RSYNCD, "\xc3\xa9", 2, "\xc3\xa9" },
	{ LOG_STYLE_RSYNCD, "\xe2\x82\xac", 3, "\xe2\x82\xac" },
	{ LOG_STYLE_PLAIN, "a\nb\x1b", 4, "a\\#012b\\#033" },
	{ LOG_STYLE_STUNNEL, "a\nb\x1b", 4, "a.b." }, { LOG_STYLE_STUNNEL, "\xc3\xa9\x9b", 3, "\xc3\xa9." },
	{ LOG_STYLE_STUNNEL, "\xc2\x9b" "2J\x9b\xc2\xa0", 7, ".2J.\xc2\xa0" }, { LOG_STYLE_JSON, "\xc2\x85", 2, "." },
	{ LOG_STYLE_RSYNCD, "\xc2\x9b" "2J", 4, "\\#302\\#2332J" }, { LOG_STYLE_RSYNCD, "\xe9\x9b" "2J", 4, "\xe9\\#2332J" },
	{ LOG_STYLE_STUNNEL, "\xe2\x82", 2, "\xe2." }, { LOG_STYLE_PLAIN, "\xc2", 1, "\xc2" },
	{ LOG_STYLE_STUNNEL, "\\#033", 5, "\\#033" }, { LOG_STYLE_STUNNEL, "", 0, "" },
};

START_TEST(a_record_is_one_line_of_harmless_bytes)
{
	char got[64];

	log_escape(escapes[_i].style, escapes[_i].text, escapes[_i].n, got, sizeof got);
	ck_assert_msg(strcmp(got, escapes[_i].written) == 0, "row %d: %s", _i, got);
}
END_TEST

START_TEST(escaping_stays_in_its_buffer)
{
	char evil[400], got[300];

	memset(evil, '\n', sizeof evil);
	evil[sizeof evil - 1] = 'x';
	for (size_t size = 1; size < sizeof got; size++) {
		memset(got, 'z', sizeof got);
		log_escape((enum log_style)_i, evil, sizeof evil, got, size);
		ck_assert_uint_lt(strlen(got), size);
		ck_assert_int_eq(got[size], 'z');
	}
}
END_TEST

static const struct {
	enum log_style style;
	const char *id, *pattern;
} shapes[] = {
	{ LOG_STYLE_RSYNCD, NULL, "^20[0-9]{2}/[0-9]{2}/[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2} \\[[0-9]+\\] hello 5\n$" },
	{ LOG_STYLE_STUNNEL, NULL, "^20[0-9]{2}\\.[0-9]{2}\\.[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2} LOG5\\[ui\\]: hello 5\n$" },
	{ LOG_STYLE_STUNNEL, "7", "LOG5\\[7\\]: hello 5\n$" },
	{ LOG_STYLE_JSON, "7", "^\\{\"time\": \"20[0-9T:+-]+\", \"level\": 5, \"id\": \"7\", \"text\": \"hello 5\"\\}\n$" },
	{ LOG_STYLE_PLAIN, NULL, "^me: hello 5\n$" },
	{ LOG_STYLE_PLAIN, "daemon", "^daemon: hello 5\n$" },
};

START_TEST(a_line_has_the_shape_of_its_style)
{
	regex_t re;

	open_log(shapes[_i].style, LOG_NOTICE);
	log_id(LOG_NOTICE, shapes[_i].id, "hello %d", 5);
	ck_assert_int_eq(regcomp(&re, shapes[_i].pattern, REG_EXTENDED | REG_NOSUB), 0);
	ck_assert_msg(regexec(&re, held(path), 0, NULL, 0) == 0, "row %d: %s", _i, held(path));
	regfree(&re);
}
END_TEST

static const struct {
	const char *text, *written;
} strings[] = {
	{ "plain", "plain" }, { "a\"b\\c", "a\\\"b\\\\c" }, { "a\nb\x7f", "a\\u000ab\\u007f" },
	{ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80" },
	{ "\xc3", "\\u00c3" }, { "\x80x", "\\u0080x" }, { "\xc0\xaf", "\\u00c0\\u00af" },
	{ "\xe0\x80\xaf", "\\u00e0\\u0080\\u00af" }, { "\xed\xa0\x80", "\\u00ed\\u00a0\\u0080" },
	{ "\xf0\x80\x80\xaf", "\\u00f0\\u0080\\u0080\\u00af" }, { "\xf5\x80\x80\x80", "\\u00f5\\u0080\\u0080\\u0080" },
};

START_TEST(a_json_string_is_one_whatever_the_bytes)
{
	char got[64];

	ck_assert_str_eq(log_json(strings[_i].text, got, sizeof got), strings[_i].written);
}
END_TEST

START_TEST(members_show_in_objects_only)
{
	open_log(LOG_STYLE_JSON, LOG_NOTICE);
	log_members(LOG_NOTICE, LOG_NOTICE, "1", ", \"a\": 2", "b");
	ck_assert_ptr_nonnull(strstr(held(path), "\"id\": \"1\", \"a\": 2, \"text\": \"b\"}\n"));
	unlink(path);
	open_log(LOG_STYLE_PLAIN, LOG_NOTICE);
	log_members(LOG_NOTICE, LOG_NOTICE, NULL, ", \"a\": 2", "b");
	ck_assert_str_eq(held(path), "me: b\n");
}
END_TEST

START_TEST(levels_above_the_limit_are_dropped)
{
	open_log(LOG_STYLE_PLAIN, LOG_WARNING);
	log_error("one");
	log_warn("two");
	log_notice("three");
	log_set_level(LOG_INFO);
	log_info("four");
	log_debug("five");
	ck_assert_int_eq(log_level(), LOG_INFO);
	ck_assert_str_eq(held(path), "me: one\nme: two\nme: four\n");
}
END_TEST

START_TEST(an_over_long_record_says_that_it_was_cut)
{
	char big[3 * LOG_LINE_MAX];
	const char *text;

	memset(big, 'x', sizeof big - 1);
	big[sizeof big - 1] = '\0';
	open_log(LOG_STYLE_PLAIN, LOG_INFO);
	log_info("%s", big);
	text = held(path);
	ck_assert_uint_le(strlen(text), LOG_LINE_MAX + 8);
	ck_assert_str_eq(text + strlen(text) - 6, "[...]\n");
}
END_TEST

START_TEST(a_rotated_file_is_reopened_by_name)
{
	struct stat st;

	open_log(LOG_STYLE_PLAIN, LOG_INFO);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0640 & ~(unsigned)umask(022));
	log_info("one");
	ck_assert_int_eq(rename(path, old), 0);
	log_info("two");
	ck_assert_int_eq(log_reopen(), 0);
	log_info("three");
	ck_assert_str_eq(held(old), "me: one\nme: two\n");
	ck_assert_str_eq(held(path), "me: three\n");
}
END_TEST

START_TEST(a_log_that_cannot_be_opened_leaves_the_old_one)
{
	struct log_conf bad = { .style = LOG_STYLE_PLAIN, .ident = "me", .file = "/nowhere/log", .level = LOG_INFO };

	open_log(LOG_STYLE_PLAIN, LOG_INFO);
	ck_assert_int_eq(log_setup(&bad), -ENOENT);
	log_info("still here");
	ck_assert_str_eq(held(path), "me: still here\n");
	ck_assert_int_eq(rename(path, old), 0);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(log_reopen(), -EISDIR);
	log_info("and here");
	ck_assert_str_eq(held(old), "me: still here\nme: and here\n");
	rmdir(path);
}
END_TEST

START_TEST(a_file_is_appended_to_or_begun_anew)
{
	struct log_conf conf = { .style = LOG_STYLE_PLAIN, .ident = "me", .file = path, .file_mode = 0600, .level = LOG_INFO };

	open_log(LOG_STYLE_PLAIN, LOG_INFO);
	log_info("one");
	open_log(LOG_STYLE_PLAIN, LOG_INFO);
	log_info("two");
	ck_assert_str_eq(held(path), "me: one\nme: two\n");
	conf.file_truncate = 1;
	ck_assert_int_eq(log_setup(&conf), 0);
	log_info("three");
	ck_assert_str_eq(held(path), "me: three\n");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("lib/log");
	TCase *t = tcase_create("log");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, a_record_is_one_line_of_harmless_bytes, 0, ARRAY_LEN(escapes));
	tcase_add_loop_test(t, escaping_stays_in_its_buffer, LOG_STYLE_RSYNCD, LOG_STYLE_PLAIN + 1);
	tcase_add_loop_test(t, a_line_has_the_shape_of_its_style, 0, ARRAY_LEN(shapes));
	tcase_add_loop_test(t, a_json_string_is_one_whatever_the_bytes, 0, (int)ARRAY_LEN(strings));
	tcase_add_test(t, members_show_in_objects_only);
	tcase_add_test(t, levels_above_the_limit_are_dropped);
	tcase_add_test(t, an_over_long_record_says_that_it_was_cut);
	tcase_add_test(t, a_rotated_file_is_reopened_by_name);
	tcase_add_test(t, a_log_that_cannot_be_opened_leaves_the_old_one);
	tcase_add_test(t, a_file_is_appended_to_or_begun_anew);
	suite_add_tcase(s, t);
	return unit_main(s);
}
