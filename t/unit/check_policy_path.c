#include "syncd/policy/path.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "t/unit/unit.h"

static const struct { const char *base, *path, *out; } rows[] = {
	{ "", "", "" }, { "", ".", "" }, { "", "/", "" }, { "", "..", "" }, { "", "a", "a" }, { "", "./a", "a" }, { "", "a/.", "a" }, { "", "a//b/", "a/b" },
	{ "", "a/./b", "a/b" }, { "", "/a", "a" }, { "", "x/../a", "a" }, { "", "../../a", "a" }, { "", "a/../../b", "b" }, { "", "a/b/..", "a" },
	{ "", "...", "..." }, { "", "..a/.b", "..a/.b" }, { "", "a/./../b", "b" }, { "", "././.", "" }, { "", "a/.../b", "a/.../b" },
	{ "d", "", "d" }, { "d", "a", "d/a" }, { "d", "../a", "a" }, { "d/e", "../a", "d/a" }, { "d/e", "../../../a", "a" }, { "d", "./", "d" }, { "d", "/a", "d/a" },
};

START_TEST(a_path_goes_on_from_its_base)
{
	char to[64];

	ck_assert_int_eq(path_below(rows[_i].base, rows[_i].path, to, sizeof to), 0);
	ck_assert_msg(strcmp(to, rows[_i].out) == 0, "\"%s\" + \"%s\": \"%s\"", rows[_i].base, rows[_i].path, to);
	ck_assert(path_is_plain(to));
	ck_assert_msg(rows[_i].base[0] != '\0' || path_is_plain(rows[_i].path) == (strcmp(rows[_i].path, to) == 0), "\"%s\"", rows[_i].path);
}
END_TEST

START_TEST(room_is_what_the_plain_path_takes)
{
	char to[8];

	ck_assert_int_eq(path_below("", "././abc/def", to, 8), 0);
	ck_assert_str_eq(to, "abc/def");
	ck_assert_int_eq(path_below("", "abc/def", to, 7), -ENAMETOOLONG);
	ck_assert_int_eq(path_below("", "abc/defgh", to, 8), -ENAMETOOLONG);
	ck_assert_int_eq(path_below("abc", "defg", to, 8), -ENAMETOOLONG);
	ck_assert_int_eq(path_below("abcdefgh", "..", to, 8), -ENAMETOOLONG);
	ck_assert_int_eq(path_below("", "a", to, 2), 0);
	ck_assert_int_eq(path_below("", "", to, 1), 0);
}
END_TEST

START_TEST(a_spelling_may_say_directory)
{
	ck_assert(path_says_dir("") && path_says_dir("a/") && path_says_dir("a/.") && path_says_dir("a/..") && path_says_dir(".") && path_says_dir(".."));
	ck_assert(!path_says_dir("a") && !path_says_dir("a/.b") && !path_says_dir("a/...") && !path_says_dir("..."));
}
END_TEST

/* Every text of a few such characters, against the rules of the header. */
START_TEST(what_comes_out_is_plain_and_stays)
{
	static const char alphabet[] = "./ab";
	char in[10], once[16], twice[16];

	for (int k = 0; k < 1 << 18; k++) {
		for (int i = 0; i < 9; i++)
			in[i] = alphabet[k >> 2 * i & 3];
		in[k % 10] = '\0';
		in[9] = '\0';
		ck_assert_int_eq(path_below("", in, once, sizeof once), 0);
		ck_assert_msg(path_is_plain(once), "\"%s\": \"%s\"", in, once);
		ck_assert_int_eq(path_below("", once, twice, sizeof twice), 0);
		ck_assert_str_eq(once, twice);
		ck_assert(path_is_plain(in) == (strcmp(in, once) == 0));
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("syncd/policy/path");
	TCase *t = tcase_create("path");

	tcase_add_loop_test(t, a_path_goes_on_from_its_base, 0, ARRAY_LEN(rows));
	tcase_add_test(t, room_is_what_the_plain_path_takes);
	tcase_add_test(t, a_spelling_may_say_directory);
	tcase_add_test(t, what_comes_out_is_plain_and_stays);
	suite_add_tcase(s, t);
	return unit_main(s);
}
