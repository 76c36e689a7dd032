#include "syncd/policy/links.h"

#include "lib/err.h"
#include "t/unit/unit.h"

static const struct { const char *target, *dir; int unsafe; } rows[] = {
	{ "", "", 1 }, { "/etc/passwd", "", 1 }, { "/", "a/b", 1 }, { "a", "", 0 }, { "a/b", "x", 0 }, { "./a", "", 0 },
	{ "..", "", 1 }, { "..", "d", 0 }, { "../a", "d", 0 }, { "../../a", "d", 1 }, { "../../a", "d/e", 0 },
	{ "a/../b", "d", 1 }, { "./../b", "d", 0 }, { "../a/..", "d", 1 }, { "a/..", "d/e/f", 1 }, { "..a", "", 0 },
	{ "...", "", 0 }, { "a/...", "", 0 }, { ".", "", 0 }, { "..//..", "d/e", 0 }, { "..//../..", "d/e", 1 },
	{ "..", "./d", 0 }, { "..", ".", 1 }, { "../", "", 1 }, { ".//..//x", "", 1 },
};

START_TEST(a_target_is_judged_by_its_text)
{
	ck_assert_msg(links_unsafe(rows[_i].target, rows[_i].dir) == rows[_i].unsafe, "\"%s\" in \"%s\"", rows[_i].target, rows[_i].dir);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("syncd/policy/links");
	TCase *t = tcase_create("links");

	tcase_add_loop_test(t, a_target_is_judged_by_its_text, 0, ARRAY_LEN(rows));
	suite_add_tcase(s, t);
	return unit_main(s);
}
