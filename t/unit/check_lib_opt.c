#include <string.h>

#include "lib/opt.h"
#include "t/unit/unit.h"

struct conf {
	char *str, *path;
	int64_t number, loose;
	int yes, maybe, word;
	struct opt_list list;
};

static const char *const colours[] = { "red", "green", NULL };

#define FIELD(kind, f) .type = OPT_##kind, .at = offsetof(struct conf, f)
static const struct opt table[] = {
	{ "comment", FIELD(STR, str), .def = "none" },
	{ "path", FIELD(PATH, path) },
	{ "max number", FIELD(INT, number), .def = "5", .min = 1, .max = 9 },
	{ "loose", FIELD(ATOI, loose), .min = -1, .max = 100 },
	{ "yes", FIELD(BOOL, yes), .def = "yes" },
	{ "maybe", FIELD(BOOL3, maybe), .def = "unset" },
	{ "colour", FIELD(WORD, word), .def = "green", .words = colours },
	{ "list", FIELD(LIST, list) },
};

static const struct opt *
row(const char *name)
{
	return opt_find(table, ARRAY_LEN(table), INI_RSYNCD, name);
}

/* What the table says of conf, for the caller to compare and free. */
static char *
dumped(const struct conf *c)
{
	struct buf b = BUF_INIT;
	char *text;

	opt_dump(table, ARRAY_LEN(table), c, &b);
	text = strdup(buf_cstr(&b));
	buf_done(&b);
	return text;
}

START_TEST(a_row_is_found_as_the_dialect_spells)
{
	ck_assert_ptr_eq(opt_find(table, ARRAY_LEN(table), INI_RSYNCD, "MaxNumber"), &table[2]);
	ck_assert_ptr_null(opt_find(table, ARRAY_LEN(table), INI_STUNNEL, "MaxNumber"));
	ck_assert_ptr_eq(opt_find(table, ARRAY_LEN(table), INI_STUNNEL, "MAX number"), &table[2]);
	ck_assert_ptr_null(row("max"));
	ck_assert_ptr_null(row(""));
}
END_TEST

START_TEST(defaults_come_from_the_table)
{
	struct conf c = { 0 };
	char *text;

	ck_assert_int_eq(opt_defaults(table, ARRAY_LEN(table), &c), 0);
	ck_assert_str_eq(text = dumped(&c), "comment = none\nmax number = 5\nloose = 0\nyes = yes\nmaybe = unset\ncolour = green\n");
	free(text);
	opt_free(table, ARRAY_LEN(table), &c);
}
END_TEST

static const struct {
	const char *name, *value;
	int result;
	const char *line;	/* of the dump, when the result is 0 */
} sets[] = {
	{ "comment", "a  b", 0, "comment = a  b\n" }, { "comment", "", 0, "comment = \n" }, { "comment", "/x/", 0, "comment = /x/\n" },
	{ "path", "/x///", 0, "path = /x\n" }, { "path", "/", 0, "path = /\n" }, { "path", "///", 0, "path = /\n" },
	{ "path", "/x /", 0, "path = /x \n" }, { "path", "", 0, "path = \n" },
	{ "max number", "1", 0, "max number = 1\n" }, { "max number", "9", 0, "max number = 9\n" },
	{ "max number", "0", E_LIMIT, NULL }, { "max number", "10", E_LIMIT, NULL }, { "max number", "x", E_FORMAT, NULL },
	{ "max number", "", E_FORMAT, NULL }, { "max number", "99999999999999999999", E_LIMIT, NULL },
	{ "loose", "7 dwarfs", 0, "loose = 7\n" }, { "loose", "none", 0, "loose = 0\n" }, { "loose", "101", 0, "loose = 100\n" },
	{ "loose", "-5", 0, "loose = -1\n" },
	{ "yes", "N O", 0, "yes = no\n" }, { "yes", "unset", E_FORMAT, NULL }, { "yes", "", E_FORMAT, NULL },
	{ "maybe", "Un Set", 0, "maybe = unset\n" }, { "maybe", "-1", 0, "maybe = unset\n" }, { "maybe", "1", 0, "maybe = yes\n" },
	{ "maybe", "maybe", E_FORMAT, NULL },
	{ "colour", "RED", 0, "colour = red\n" }, { "colour", "re", E_FORMAT, NULL }, { "colour", "", E_FORMAT, NULL },
	{ "list", "one", 0, "list = one\n" },
};

START_TEST(a_value_is_taken_or_the_field_stays)
{
	struct conf c = { 0 };
	char *before, *after;
	int r;

	ck_assert_int_eq(opt_defaults(table, ARRAY_LEN(table), &c), 0);
	before = dumped(&c);
	r = opt_set(row(sets[_i].name), &c, sets[_i].value);
	after = dumped(&c);
	ck_assert_msg(r == sets[_i].result, "%s = %s: %d", sets[_i].name, sets[_i].value, r);
	if (r != 0)
		ck_assert_str_eq(before, after);
	else
		ck_assert_msg(strstr(after, sets[_i].line) != NULL, "%s = %s: %s", sets[_i].name, sets[_i].value, after);
	free(before);
	free(after);
	opt_free(table, ARRAY_LEN(table), &c);
}
END_TEST

START_TEST(the_last_scalar_wins_and_lists_grow)
{
	struct conf c = { 0 };
	char *text;

	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(opt_set(row("comment"), &c, i == 2 ? "last" : "first"), 0);
		ck_assert_int_eq(opt_set(row("list"), &c, i == 2 ? "z" : "a"), 0);
	}
	ck_assert_ptr_nonnull(strstr(text = dumped(&c), "list = a\nlist = a\nlist = z\n"));
	ck_assert_ptr_nonnull(strstr(text, "comment = last\n"));
	free(text);
	opt_free(table, ARRAY_LEN(table), &c);
	ck_assert_ptr_null(c.str);
	ck_assert_uint_eq(c.list.n, 0);
}
END_TEST

START_TEST(a_copy_is_equal_and_its_own)
{
	struct conf a = { 0 }, b = { 0 };
	char *one, *two;

	ck_assert_int_eq(opt_defaults(table, ARRAY_LEN(table), &a), 0);
	ck_assert_int_eq(opt_set(row("list"), &a, "x"), 0);
	ck_assert_int_eq(opt_set(row("path"), &a, ""), 0);
	ck_assert_int_eq(opt_copy(table, ARRAY_LEN(table), &b, &a), 0);
	one = dumped(&a);
	opt_free(table, ARRAY_LEN(table), &a);
	ck_assert_str_eq(one, two = dumped(&b));
	free(one);
	free(two);
	opt_free(table, ARRAY_LEN(table), &b);
}
END_TEST

static const struct {
	const char *name, *text;
} expects[] = {
	{ "max number", "a number from 1 to 9" }, { "yes", "yes or no" }, { "colour", "one of red green" }, { "comment", "a text" },
};

START_TEST(a_message_can_say_what_is_expected)
{
	char text[64], small[8];

	ck_assert_str_eq(opt_expects(row(expects[_i].name), text, sizeof text), expects[_i].text);
	ck_assert_uint_lt(strlen(opt_expects(row(expects[_i].name), small, sizeof small)), sizeof small);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("lib/opt");
	TCase *t = tcase_create("opt");

	tcase_add_test(t, a_row_is_found_as_the_dialect_spells);
	tcase_add_test(t, defaults_come_from_the_table);
	tcase_add_loop_test(t, a_value_is_taken_or_the_field_stays, 0, ARRAY_LEN(sets));
	tcase_add_test(t, the_last_scalar_wins_and_lists_grow);
	tcase_add_test(t, a_copy_is_equal_and_its_own);
	tcase_add_loop_test(t, a_message_can_say_what_is_expected, 0, ARRAY_LEN(expects));
	suite_add_tcase(s, t);
	return unit_main(s);
}
