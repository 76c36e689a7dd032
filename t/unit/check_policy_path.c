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

static const struct { const char *in; int marks; const char *out; } arguments[] = {
	{ "", 0, "" }, { ".", 0, "" }, { "..", 0, "" }, { "/", 0, "" }, { "//", 0, "" }, { "/..", 0, "" }, { "a", 0, "a" }, { "a/", 0, "a/" },
	{ "a/.", 0, "a/" }, { "a//", 0, "a/" }, { "a/./", 0, "a/" }, { "./a", 0, "a" }, { "/a", 0, "a" }, { "//a//b", 0, "a/b" },
	{ "../a", 0, "a" }, { "../../../etc/passwd", 0, "etc/passwd" }, { "a/../../b", 0, "b" }, { "a/..", 0, "" }, { "a/b/..", 0, "a/" },
	{ "a/b/../", 0, "a/" }, { "a/b/../c", 0, "a/c" }, { "...", 0, "..." }, { "..a/b..", 0, "..a/b.." }, { ".a", 0, ".a" }, { "a/.b", 0, "a/.b" },
	{ "a/./b", 0, "a/b" }, { "a/./b", 1, "a/./b" }, { "./a", 1, "./a" }, { "a/.", 1, "a/" }, { "a/.//b", 1, "a/./b" }, { "a/./", 1, "a/./" }, { "a/.//", 1, "a/./" }, { ".//a", 1, "./a" }, { "./", 1, "" }, { "a/./../b", 1, NULL },
	{ "././.", 0, "" }, { "a/././b", 0, "a/b" }, { "a\n/b", 0, "a\n/b" },
};

/* No component may lead up, whatever else a cleaned path looks like. */
static void
is_harmless(const char *path)
{
	ck_assert_msg(path[0] != '/', "\"%s\"", path);
	for (const char *p = path; *p != '\0'; p += strspn(p, "/")) {
		size_t n = strcspn(p, "/");

		ck_assert_msg(!(n == 2 && p[0] == '.' && p[1] == '.'), "\"%s\"", path);
		p += n;
	}
}

START_TEST(a_path_is_cleaned_and_never_leads_up)
{
	char arg[64];

	strcpy(arg, arguments[_i].in);
	path_clean_arg(arg, arguments[_i].marks);
	if (arguments[_i].out != NULL)
		ck_assert_msg(strcmp(arg, arguments[_i].out) == 0, "\"%s\": \"%s\"", arguments[_i].in, arg);
	is_harmless(arg);
}
END_TEST

START_TEST(no_path_of_a_few_characters_leads_up)
{
	static const char alphabet[] = "./a";
	char arg[16], copy[16];

	for (int k = 0; k < 19683; k++)		/* 3^9 */
		for (int marks = 0; marks < 2; marks++) {
			int v = k, n = 0;

			for (; n < 9; n++, v /= 3)
				arg[n] = alphabet[v % 3];
			for (int len = 1; len <= 9; len++) {
				memcpy(copy, arg, (size_t)len);
				copy[len] = '\0';
				path_clean_arg(copy, marks);
				is_harmless(copy);
				ck_assert_uint_le(strlen(copy), (size_t)len);
			}
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
	tcase_add_loop_test(t, a_path_is_cleaned_and_never_leads_up, 0, ARRAY_LEN(arguments));
	tcase_add_test(t, no_path_of_a_few_characters_leads_up);
	suite_add_tcase(s, t);
	return unit_main(s);
}
