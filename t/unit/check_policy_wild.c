#include "syncd/policy/wild.h"

#include "lib/err.h"
#include "t/unit/unit.h"

static const struct { const char *pattern, *text; int hit; } rows[] = {
	{ "", "", 1 }, { "", "a", 0 }, { "a", "a", 1 }, { "a", "", 0 }, { "a", "ab", 0 },
	{ "*", "", 1 }, { "*", "abc", 1 }, { "*", ".hidden", 1 }, { "*", "a/b", 0 }, { "**", "a/b", 1 }, { "**", "", 1 },
	{ "a*", "a/b", 0 }, { "a**", "a/b", 1 }, { "a**c", "a/b/c", 1 }, { "a*c", "a/c", 0 }, { "*.c", "x.c", 1 }, { "*.c", "x.ch", 0 },
	{ "**/foo", "/foo", 1 }, { "**/foo", "foo", 0 }, { "?", "a", 1 }, { "?", "/", 0 }, { "?", "", 0 }, { "??", "ab", 1 },
	{ "[abc]", "b", 1 }, { "[abc]", "d", 0 }, { "[!abc]", "d", 1 }, { "[^abc]", "a", 0 }, { "[a-c]", "b", 1 }, { "[a-c]", "-", 0 },
	{ "[!a]", "/", 0 }, { "[/]", "/", 0 }, { "[]]", "]", 1 }, { "[]a]", "a", 1 }, { "[!]a]", "]", 0 }, { "[a-]", "-", 1 },
	{ "[-a]", "-", 1 }, { "[\\]]", "]", 1 }, { "[a\\-c]", "-", 1 }, { "[a\\-c]", "b", 0 }, { "[", "[", 0 }, { "[a", "a", 0 },
	{ "[]", "]", 0 }, { "[c-a]", "b", 0 },
	{ "[[:digit:]]", "5", 1 }, { "[[:digit:]]", "a", 0 }, { "[[:alpha:]x[:digit:]]", "7", 1 }, { "[[:nope:]]", "a", 0 },
	{ "[![:space:]]", "a", 1 }, { "[[:upper:]]", "a", 0 }, { "[[:punct:]]", "/", 0 }, { "[[:alnum:]]", "\xe9", 0 },
	{ "[[:digit:", "5", 0 }, { "[\x80-\xff]", "\xe9", 1 }, { "\\*", "*", 1 }, { "\\*", "a", 0 }, { "\\a*", "abc", 1 },
	{ "a\\", "a\\", 1 }, { "\\\\", "\\", 1 }, { "*a*b*c*", "xaxbxcx", 1 }, { "*a*b*c*", "xaxcxbx", 0 }, { "a***b", "a/b", 1 },
	{ "*/b", "a/b", 1 }, { "*/b", "a/c/b", 0 }, { "A", "a", 0 },
};

START_TEST(a_pattern_matches_as_rsync_matches)
{
	ck_assert_msg(wild_match(rows[_i].pattern, rows[_i].text) == rows[_i].hit, "\"%s\" on \"%s\"", rows[_i].pattern, rows[_i].text);
}
END_TEST

START_TEST(work_is_bounded)
{
	char pattern[400], text[4001];

	for (size_t i = 0; i + 2 < sizeof pattern; i += 2) {
		pattern[i] = '*';
		pattern[i + 1] = 'a';
	}
	pattern[sizeof pattern - 2] = 'b';
	pattern[sizeof pattern - 1] = '\0';
	for (size_t i = 0; i < sizeof text - 1; i++)
		text[i] = 'a';
	text[sizeof text - 1] = '\0';
	ck_assert(!wild_match(pattern, text));
}
END_TEST

START_TEST(magic_is_told_from_plain_text)
{
	ck_assert(wild_has_magic("a*") && wild_has_magic("?") && wild_has_magic("[x"));
	ck_assert(!wild_has_magic("a\\b") && !wild_has_magic("") && !wild_has_magic("]{}"));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("syncd/policy/wild");
	TCase *t = tcase_create("wild");

	tcase_add_loop_test(t, a_pattern_matches_as_rsync_matches, 0, ARRAY_LEN(rows));
	tcase_add_test(t, work_is_bounded);
	tcase_add_test(t, magic_is_told_from_plain_text);
	suite_add_tcase(s, t);
	return unit_main(s);
}
