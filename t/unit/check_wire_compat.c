#include "syncd/types.h"
#include "syncd/wire/compat.h"
#include "t/unit/hex.h"
#include "t/unit/unit.h"

static const struct { const char *letters; unsigned want, flags; } rows[] = {
	{ "LsfxCIvu", 0x1ff, 0x1fe }, { "iLsfxCIvu", 0x1ff, 0x1ff }, { "iLsfxCIvu", 0x1fa, 0x1fa }, { "", 0x1ff, 0x006 },
	{ "", 0, 0 }, { "i", 0x1ff, 0x007 }, { "iLsf", 0x1ff, 0x00f }, { "xCIvu", 0x0ff, 0x0f6 }, { "v", 0, 0 },
	{ "ZZZ\xff.;", 0x1ff, 0x006 }, { "vvvv", 0x080, 0x080 },
};

START_TEST(a_flag_needs_both_sides)
{
	ck_assert_msg(compat_flags(rows[_i].letters, rows[_i].want) == rows[_i].flags, "\"%s\" %x: %x", rows[_i].letters,
	    rows[_i].want, compat_flags(rows[_i].letters, rows[_i].want));
}
END_TEST

static const struct { const char *client, *server, *name; } lists[] = {
	{ "xxh128 xxh3 xxh64 md5 md4 sha1", "xxh128 xxh3 xxh64 md5 md4 sha1 none", "xxh128" },
	{ "md4 xxh128", "xxh128 md5 md4", "md4" },		/* the client's order counts */
	{ "xxhash", "xxh64 md5", "xxh64" },
	{ "foo bar md5", "xxh64 md5", "md5" },
	{ "  md5  ", " xxh64  md5 ", "md5" },
	{ "md", "md5", NULL }, { "md55", "md5", NULL }, { "", "md5", NULL }, { "md5", "", NULL }, { " ", " ", NULL },
	{ "MD5", "md5", NULL }, { "a-name-longer-than-dst", "a-name-longer-than-dst md5", NULL },
};

START_TEST(the_first_of_the_clients_names_that_we_have_wins)
{
	char name[16] = "untouched";

	ck_assert_msg(negotiate_name(lists[_i].client, lists[_i].server, name, sizeof name) == (lists[_i].name != NULL), "\"%s\"",
	    lists[_i].client);
	ck_assert_str_eq(name, lists[_i].name != NULL ? lists[_i].name : "untouched");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("syncd/wire/compat");
	TCase *t = tcase_create("compat");

	tcase_add_loop_test(t, a_flag_needs_both_sides, 0, ARRAY_LEN(rows));
	tcase_add_loop_test(t, the_first_of_the_clients_names_that_we_have_wins, 0, ARRAY_LEN(lists));
	suite_add_tcase(s, t);
	return unit_main(s);
}
