#include "syncd/policy/similar.h"

#include <string.h>

#include "lib/err.h"
#include "t/unit/unit.h"

/* As rsync 3.5.0 decides when such a file is all there is. */
static const struct { const char *a, *b; int taken; } rows[] = {
	{ "f", "zzzzzzzzzzzzzzzzzzzzzzzz", 1 }, { "f", "zzzzzzzzzzzzzzzzzzzzzzzzz", 0 }, { "f", "f.old", 1 }, { "f", "f.bak", 1 },
	{ "f", "f.orig", 1 }, { "f", "f~", 1 }, { "f", "f.abc", 0 }, { "f", "f.ab", 0 }, { "f", "f.a", 1 }, { "f", "f.1", 1 },
	{ "f", "f.123456", 0 }, { "f", "f.2026-11-21", 0 }, { "data.db", "data.db.bak", 1 }, { "data.db", "data.db~", 1 },
	{ "data.db", "data.db.x", 1 }, { "data.db", "data.db.xy", 1 }, { "data.db", "data.db.xyz", 0 }, { "data.db", "data.xy", 1 },
	{ "data.db", "data", 0 }, { "data.db", "data.dbxy", 1 }, { "data.db", "data.dbxyz", 0 }, { "data.db", "datadb", 0 },
	{ "data.db", "xxxxxxxxxxxxxxxxxx.db", 1 }, { "data.db", "data.db.2026", 1 }, { "data.db", "data.db.2026.bak", 1 },
	{ "a.tar.gz", "b.tar.xz", 1 }, { "a.tar.gz", "b.tar", 0 }, { "a.txt", "a.TXT", 0 }, { ".abcd", ".wxyz", 1 },
	{ "ab.c.d", "ab.e.d", 1 }, { "a.1", "a.2", 1 }, { "a.1", "a.bcd", 0 }, { "a.001", "a.bcdef", 0 }, { "", "", 1 }, { "~", "", 1 },
	{ ".", ".~", 1 }, { "..", "...", 1 }, { "a.~", "a", 1 },
};

START_TEST(names_are_similar_as_for_rsync)
{
	ck_assert_msg((similar_distance(rows[_i].a, rows[_i].b) <= SIMILAR_MOST) == rows[_i].taken, "%s %s", rows[_i].a, rows[_i].b);
	ck_assert_uint_eq(similar_distance(rows[_i].a, rows[_i].b), similar_distance(rows[_i].b, rows[_i].a));
	ck_assert_uint_eq(similar_distance(rows[_i].a, rows[_i].a), 0);
}
END_TEST

static const struct { const char *name, *nearer, *farther; } choices[] = {
	{ "log5", "log6", "log3" }, { "log5", "log4", "log9" }, { "ab", "abc", "abz" }, { "abcd", "abce", "abc" },
	{ "abcd", "abzd", "abcdz" }, { "abcd", "abcda", "abcdb" }, { "aXc", "aYc", "aac" }, { "a.gz", "bbbbb.gz", "a.xz" },
};

START_TEST(the_nearer_of_two)
{
	ck_assert_msg(similar_distance(choices[_i].name, choices[_i].nearer) < similar_distance(choices[_i].name, choices[_i].farther),
	    "%s: %s %s", choices[_i].name, choices[_i].nearer, choices[_i].farther);
}
END_TEST

START_TEST(long_names)
{
	char a[300], b[300];

	memset(a, 'a', sizeof a);
	memset(b, 'b', sizeof b);
	a[255] = b[255] = '\0';
	ck_assert_uint_eq(similar_distance(a, b), 255 * (SIMILAR_STEP + 1));
	a[255] = 'a';
	a[256] = '\0';
	ck_assert_uint_eq(similar_distance(a, b), UINT32_MAX);
	ck_assert_uint_eq(similar_distance(b, a), UINT32_MAX);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("syncd/policy/similar");
	TCase *t = tcase_create("similar");

	tcase_add_loop_test(t, names_are_similar_as_for_rsync, 0, ARRAY_LEN(rows));
	tcase_add_loop_test(t, the_nearer_of_two, 0, ARRAY_LEN(choices));
	tcase_add_test(t, long_names);
	suite_add_tcase(s, t);
	return unit_main(s);
}
