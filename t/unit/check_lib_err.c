#include <errno.h>
#include <string.h>

#include "lib/err.h"
#include "t/unit/unit.h"

START_TEST(every_code_of_ours_has_a_text)
{
	ck_assert_msg(strcmp(err_text(_i), "unknown error") != 0, "%d has none", _i);
}
END_TEST

static const struct {
	int code;
	const char *text;
} rows[] = {
	{ 0, "success" }, { E_SHORT, "message cut short" }, { -ENOENT, "No such file or directory" },
	{ -999, "Unknown error 999" }, { -1016, "unknown error" }, { 1, "unknown error" }, { -2000, "unknown error" },
};

START_TEST(a_code_has_its_text)
{
	ck_assert_msg(strcmp(err_text(rows[_i].code), rows[_i].text) == 0, "%d: %s", rows[_i].code, err_text(rows[_i].code));
}
END_TEST

static const struct {
	const char *path;
	unsigned line;
	const char *text;
} places[] = {
	{ "a.conf", 7, "a.conf:7: bad" }, { "a.conf", 0, "a.conf: bad" }, { "", 7, "bad" }, { NULL, 0, "bad" },
};

START_TEST(a_place_is_printed_as_far_as_it_is_known)
{
	struct conf_err e;
	char text[64];

	ck_assert_int_eq(conf_err_set(&e, places[_i].path, places[_i].line, "b%s", "ad"), E_CONF);
	ck_assert_str_eq(conf_err_print(&e, text, sizeof text), places[_i].text);
}
END_TEST

START_TEST(long_texts_are_cut)
{
	char path[1000], text[2000];
	struct conf_err e;

	memset(path, 'p', sizeof path - 1);
	path[sizeof path - 1] = '\0';
	conf_err_set(&e, path, 1, "%s", path);
	ck_assert_uint_eq(strlen(e.path), sizeof e.path - 1);
	ck_assert_uint_eq(strlen(e.text), sizeof e.text - 1);
	ck_assert_uint_eq(strlen(conf_err_print(&e, text, 9)), 8);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("lib/err");
	TCase *t = tcase_create("err");

	tcase_add_loop_test(t, every_code_of_ours_has_a_text, E_WORK, E_SHORT + 1);
	tcase_add_loop_test(t, a_code_has_its_text, 0, ARRAY_LEN(rows));
	tcase_add_loop_test(t, a_place_is_printed_as_far_as_it_is_known, 0, ARRAY_LEN(places));
	tcase_add_test(t, long_texts_are_cut);
	suite_add_tcase(s, t);
	return unit_main(s);
}
