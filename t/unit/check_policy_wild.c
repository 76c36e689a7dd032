#include "syncd/policy/wild.h"

#include <string.h>

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

/* The simplest that can be right, for texts of a few characters. */
static bool
plainly(const char *p, const char *t)
{
	if (*p == '\0')
		return *t == '\0';
	if (*p == '*') {
		size_t stars = strspn(p, "*");

		for (;; t++) {
			if (plainly(p + stars, t))
				return true;
			if (*t == '\0' || (stars == 1 && *t == '/'))
				return false;
		}
	}
	return *t != '\0' && (*p == '?' ? *t != '/' : *p == *t) && plainly(p + 1, t + 1);
}

/* Every pattern and every text of so many characters. */
START_TEST(a_star_takes_what_makes_the_rest_match)
{
	static const char in_pattern[] = "*?a/b", in_text[] = "ab/";
	char p[8], t[8];
	unsigned hits = 0;

	for (int k = 0; k < 78125; k++) {		/* 5^7 */
		for (int i = 0, v = k; i < 7; i++, v /= 5)
			p[i] = in_pattern[v % 5];
		p[7 - (k % 3)] = '\0';
		for (int m = k % 7; m < 729; m += 7) {	/* 3^6 */
			for (int i = 0, v = m; i < 6; i++, v /= 3)
				t[i] = in_text[v % 3];
			t[6 - m % 2] = '\0';
			bool hit = plainly(p, t);

			hits += hit;
			if (wild_match(p, t) != hit)
				ck_abort_msg("\"%s\" on \"%s\"", p, t);
		}
	}
	ck_assert_uint_gt(hits, 10000);
}
END_TEST

static const struct { const char *pattern, *text; bool honest; } costs[] = {
	{ "*?*?*?*?*?*?*?*#1", "a name of some length, as there are many, and then some more of it to be sure", true },
	{ "*.o", "source.o", true }, { "**/cache/**", "home/someone/.cache/this/and/that/and/more/of/it/x", true },
	{ "*a*b*c*d*", "aaaaaaaaaaaaabbbbbbbbbbbbbbbbcccccccccccccc", true },
	{ "*aaaaaaaaaaaaaaaaaaab", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false },
	{ "**a*a*aaaaaaaaaaaaaaaab", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false },
};

START_TEST(only_patterns_made_for_it_work_in_vain)
{
	uint64_t steps = 0, most = 64 + 4 * (strlen(costs[_i].pattern) + strlen(costs[_i].text));

	wild_match_counted(costs[_i].pattern, costs[_i].text, &steps);
	ck_assert_msg((steps <= most) == costs[_i].honest, "\"%s\": %llu", costs[_i].pattern, (unsigned long long)steps);
	ck_assert_uint_eq(wild_vain(costs[_i].pattern, costs[_i].text, steps), costs[_i].honest ? 0 : steps - most);
}
END_TEST

START_TEST(work_is_bounded)
{
	char pattern[400], text[4001];

	uint64_t steps = 0;

	for (size_t i = 0; i + 2 < sizeof pattern; i += 2) {
		pattern[i] = '*';
		pattern[i + 1] = 'a';
	}
	pattern[1] = '*';
	pattern[sizeof pattern - 2] = 'b';
	pattern[sizeof pattern - 1] = '\0';
	for (size_t i = 0; i < sizeof text - 1; i++)
		text[i] = 'a';
	text[sizeof text - 1] = '\0';
	ck_assert(!wild_match_counted(pattern, text, &steps));
	ck_assert_uint_le(steps, WILD_STEPS_MAX);
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
	tcase_add_test(t, a_star_takes_what_makes_the_rest_match);
	tcase_add_loop_test(t, only_patterns_made_for_it_work_in_vain, 0, ARRAY_LEN(costs));
	tcase_add_test(t, work_is_bounded);
	tcase_add_test(t, magic_is_told_from_plain_text);
	suite_add_tcase(s, t);
	return unit_main(s);
}
