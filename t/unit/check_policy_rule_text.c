#include "syncd/policy/rule_text.h"

#include <string.h>

#include "lib/err.h"
#include "t/unit/unit.h"

static const struct { const char *text; enum filter_kind kind; unsigned mods; const char *pattern; } good[] = {
	{ "- *.o", FILTER_EXCLUDE, 0, "*.o" }, { "+ *.c", FILTER_INCLUDE, 0, "*.c" }, { "-_x", FILTER_EXCLUDE, 0, "x" },
	{ "-!s /hid/", FILTER_EXCLUDE, FM_NEGATE | FM_SENDER, "/hid/" }, { ":n- .rules", FILTER_DIR_MERGE, FM_NO_INHERIT | FM_ONLY_EXCLUDE, ".rules" },
	{ ": .f2", FILTER_DIR_MERGE, 0, ".f2" }, { "-p junk/", FILTER_EXCLUDE, FM_PERISHABLE, "junk/" },
	{ "-x user.*", FILTER_EXCLUDE, FM_XATTR, "user.*" }, { "+s s1", FILTER_INCLUDE, FM_SENDER, "s1" },
	{ "+/ /abs", FILTER_INCLUDE, FM_ABSOLUTE, "/abs" }, { ":C .cvsignore", FILTER_DIR_MERGE, FM_CVS, ".cvsignore" },
	{ ":C", FILTER_DIR_MERGE, FM_CVS, "" }, { "-C", FILTER_EXCLUDE, FM_CVS, "" }, { "H x", FILTER_EXCLUDE, FM_SENDER, "x" },
	{ "S x", FILTER_INCLUDE, FM_SENDER, "x" }, { "P x", FILTER_EXCLUDE, FM_RECEIVER, "x" }, { "R x", FILTER_INCLUDE, FM_RECEIVER, "x" },
	{ "-r keep", FILTER_EXCLUDE, FM_RECEIVER, "keep" }, { "-sr b", FILTER_EXCLUDE, FM_SENDER | FM_RECEIVER, "b" },
	{ "exclude x", FILTER_EXCLUDE, 0, "x" }, { "exclude,! x", FILTER_EXCLUDE, FM_NEGATE, "x" }, { "dir-merge,en x", FILTER_DIR_MERGE, FM_EXCLUDE_SELF | FM_NO_INHERIT, "x" },
	{ "merge_x", FILTER_MERGE, 0, "x" }, { "hide x", FILTER_EXCLUDE, FM_SENDER, "x" }, { "-,p x", FILTER_EXCLUDE, FM_PERISHABLE, "x" },
	{ "!", FILTER_CLEAR, 0, "" }, { "clear", FILTER_CLEAR, 0, "" }, { "-  x ", FILTER_EXCLUDE, 0, " x " }, { ":w+ f", FILTER_DIR_MERGE, FM_WORDS | FM_ONLY_INCLUDE, "f" },
};

START_TEST(a_rule_is_prefix_modifiers_and_pattern)
{
	struct filter_text f;

	ck_assert_msg(rule_text_parse(good[_i].text, strlen(good[_i].text), false, &f) == 0, "\"%s\"", good[_i].text);
	ck_assert_msg(f.kind == good[_i].kind && f.mods == good[_i].mods, "\"%s\": %d %x", good[_i].text, (int)f.kind, f.mods);
	if (f.kind != FILTER_CLEAR)
		ck_assert_msg(f.len == strlen(good[_i].pattern) && memcmp(f.pattern, good[_i].pattern, f.len) == 0, "\"%s\"", good[_i].text);
}
END_TEST

static const char *const bad[] = {
	"", "x", "- ", "-", "+", ": ", "*.o", "-q x", "-n x", ":! x", "Hs x", "Pr x", "! x", "!x", "clear x", "excludex x", "exclude! x",
	" - x", "-\tx", "mergex", "exclude", "dir-merge ", "-e x", ".",
};

START_TEST(what_is_no_rule_is_refused)
{
	struct filter_text f;

	ck_assert_msg(rule_text_parse(bad[_i], strlen(bad[_i]), false, &f) == E_FORMAT, "\"%s\"", bad[_i]);
}
END_TEST

static const struct { const char *text; enum filter_kind kind; const char *pattern; int r; } old[] = {
	{ "*.o", FILTER_EXCLUDE, "*.o", 0 }, { "- *.o", FILTER_EXCLUDE, "*.o", 0 }, { "+ *.c", FILTER_INCLUDE, "*.c", 0 },
	{ "!", FILTER_CLEAR, "!", 0 }, { "!x", FILTER_EXCLUDE, "!x", 0 }, { "-x", FILTER_EXCLUDE, "-x", 0 }, { ": x", FILTER_EXCLUDE, ": x", 0 },
	{ "- ", FILTER_EXCLUDE, "", E_FORMAT }, { "", FILTER_EXCLUDE, "", E_FORMAT },
};

START_TEST(below_29_a_rule_is_an_exclude)
{
	struct filter_text f;

	ck_assert_int_eq(rule_text_parse(old[_i].text, strlen(old[_i].text), true, &f), old[_i].r);
	if (old[_i].r == 0 && f.kind != FILTER_CLEAR)
		ck_assert(f.kind == old[_i].kind && f.mods == 0 && f.len == strlen(old[_i].pattern) &&
		    memcmp(f.pattern, old[_i].pattern, f.len) == 0);
}
END_TEST

START_TEST(a_lone_prefix_waits_for_its_pattern)
{
	ck_assert(rule_text_needs_pattern("-", 1) && rule_text_needs_pattern("exclude,p", 9) && rule_text_needs_pattern(":n-", 3));
	ck_assert(!rule_text_needs_pattern("!", 1) && !rule_text_needs_pattern("-_x", 3) && !rule_text_needs_pattern(":C", 2));
	ck_assert(!rule_text_needs_pattern("", 0) && !rule_text_needs_pattern("foo", 3));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("syncd/policy/rule_text");
	TCase *t = tcase_create("rule_text");

	tcase_add_loop_test(t, a_rule_is_prefix_modifiers_and_pattern, 0, ARRAY_LEN(good));
	tcase_add_loop_test(t, what_is_no_rule_is_refused, 0, ARRAY_LEN(bad));
	tcase_add_loop_test(t, below_29_a_rule_is_an_exclude, 0, ARRAY_LEN(old));
	tcase_add_test(t, a_lone_prefix_waits_for_its_pattern);
	suite_add_tcase(s, t);
	return unit_main(s);
}
