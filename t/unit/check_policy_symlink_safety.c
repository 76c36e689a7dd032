#include "syncd/policy/symlink_safety.h"

#include <stdio.h>
#include <string.h>

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
	ck_assert_msg(symlink_unsafe(rows[_i].target, rows[_i].dir) == rows[_i].unsafe, "\"%s\" in \"%s\"", rows[_i].target, rows[_i].dir);
}
END_TEST

/* the first seven as rsync's own daemon stores them */
static const struct { const char *target, *dir, *stored; } confined[] = {
	{ "/etc/passwd", "", "etc/passwd" }, { "./../a", "", "a" }, { "..", "", "." }, { "/", "", "." },
	{ "b/../../y//z/./q", "a", "../y/z/q" }, { "../../x", "a", "../x" }, { "../../../../x", "s3/a/b", "../../../x" },
	{ "x", "", "x" }, { "x/y", "d", "x/y" }, { "x/..", "d", "." }, { "x/../y", "d", "y" }, { "../x/../y", "d", "../y" },
	{ "a/b/../../../c", "d", "../c" }, { "a/b/../../../../c", "d", "../c" }, { "../..", "d/e", "../.." }, { "..", "./d", ".." },
	{ "//../..//x//", "d", "../x" }, { "...", "", "..." }, { ".", "d", "." }, { "a/./b/.", "", "a/b" }, { "", "", "." },
};

START_TEST(a_target_is_stored_so_that_it_stays_inside)
{
	char link[64];

	snprintf(link, sizeof link, "%s", confined[_i].target);
	symlink_confine(link, confined[_i].dir);
	ck_assert_msg(strcmp(link, confined[_i].stored) == 0, "\"%s\" in \"%s\" became \"%s\"", confined[_i].target, confined[_i].dir, link);
	if (link[0] != '\0')
		ck_assert(!symlink_unsafe(link, confined[_i].dir));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("syncd/policy/symlink_safety");
	TCase *t = tcase_create("links");

	tcase_add_loop_test(t, a_target_is_judged_by_its_text, 0, ARRAY_LEN(rows));
	tcase_add_loop_test(t, a_target_is_stored_so_that_it_stays_inside, 0, ARRAY_LEN(confined));
	suite_add_tcase(s, t);
	return unit_main(s);
}
