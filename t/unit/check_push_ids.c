#include "syncd/push/ids.h"

#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "t/unit/unit.h"

static char unknown_names[256];

static void
unknown(void *arg, const char *name)
{
	(void)arg;
	strcat(unknown_names, name);
	strcat(unknown_names, " ");
}

static int
rules(struct ids *t, const char *text)
{
	char bad[128];

	unknown_names[0] = '\0';
	return ids_rules(t, text, unknown, NULL, bad);
}

START_TEST(a_number_stays_where_nothing_is_known)
{
	struct ids t;

	ids_init(&t, -1, 'u');
	ck_assert_int_eq(ids_learn(&t, 1000, "anna"), 0);
	ck_assert_int_eq(ids_learn(&t, 7, NULL), 0);
	ck_assert_uint_eq(ids_here(&t, 1000), 1000);
	ck_assert_uint_eq(ids_here(&t, 7), 7);
	ck_assert_uint_eq(ids_here(&t, 8), 8);
	ck_assert_uint_eq(ids_here(&t, UINT32_MAX), UINT32_MAX);
	ids_done(&t);
}
END_TEST

/* The first rule that fits counts; "*" fits all, the empty name those that have none. */
static const struct { const char *rules; uint32_t wire; const char *name; uint32_t here; } rows[] = {
	{ "5:50", 5, NULL, 50 }, { "5:50", 6, NULL, 6 }, { "100-199:7", 100, NULL, 7 }, { "100-199:7", 199, "x", 7 },
	{ "100-199:7", 200, NULL, 200 }, { "100-199:7", 99, NULL, 99 }, { "anna:8", 1000, "anna", 8 }, { "anna:8", 1000, "annaa", 1000 },
	{ "anna:8", 1000, NULL, 1000 }, { "a*:9", 1000, "anna", 9 }, { "a*:9", 1000, "banna", 1000 }, { "?nna:9", 3, "anna", 9 },
	{ "*:1", 77, NULL, 1 }, { "*:1", 77, "x", 1 }, { ":2", 77, NULL, 2 }, { ":2", 77, "x", 77 }, { "5:50,5:51", 5, NULL, 50 },
	{ "6:50,*:51", 5, NULL, 51 }, { "root:9", 0, "root", 9 }, { "root:9", 0, NULL, 9 }, { "0:9", 0, NULL, 9 },
	{ "200-100:7", 150, NULL, 150 }, { "0-4294967295:3", 4294967295U, NULL, 3 },
};

START_TEST(the_first_rule_that_fits_counts)
{
	struct ids t;

	ids_init(&t, -1, 'g');
	ck_assert_int_eq(rules(&t, rows[_i].rules), 0);
	ck_assert_int_eq(ids_learn(&t, rows[_i].wire, rows[_i].name), 0);
	ck_assert_uint_eq(ids_here(&t, rows[_i].wire), rows[_i].here);
	ids_done(&t);
}
END_TEST

START_TEST(rules_hold_for_ids_that_nobody_named)
{
	struct ids t;

	ids_init(&t, -1, 'u');
	ck_assert_int_eq(rules(&t, "10-20:5,:6"), 0);
	ck_assert_uint_eq(ids_here(&t, 15), 5);
	ck_assert_uint_eq(ids_here(&t, 25), 6);
	ids_done(&t);
}
END_TEST

static const char *const wrong[] = { "5", "5:", "anna", "5:6,7", ":" };

START_TEST(a_rule_has_two_halves)
{
	struct ids t;

	ids_init(&t, -1, 'u');
	ck_assert_int_eq(rules(&t, wrong[_i]), E_FORMAT);
	ids_done(&t);
}
END_TEST

START_TEST(a_name_that_means_nothing_is_told_and_left_out)
{
	struct ids t;

	ids_init(&t, -1, 'u');
	ck_assert_int_eq(rules(&t, "5:nobody-here,6:7,8:-1"), 0);
	ck_assert_str_eq(unknown_names, "nobody-here -1 ");
	ck_assert_uint_eq(ids_here(&t, 5), 5);
	ck_assert_uint_eq(ids_here(&t, 6), 7);
	ids_done(&t);
}
END_TEST

START_TEST(there_is_an_end_to_ids_and_to_rules)
{
	static char text[IDS_RULES_MAX * 4 + 8];
	struct ids t;
	int r = 0;

	ids_init(&t, -1, 'u');
	for (uint32_t i = 0; i < IDS_MAX; i++)	/* downwards: every one goes to the front */
		ck_assert_int_eq(ids_learn(&t, IDS_MAX - i, "x"), 0);
	ck_assert_int_eq(ids_learn(&t, 5, "again"), 0);
	ck_assert_int_eq(ids_learn(&t, IDS_MAX + 1, "x"), E_LIMIT);
	for (size_t i = 0; i <= IDS_RULES_MAX; i++)
		memcpy(text + 4 * i, "1:2,", 4);
	r = rules(&t, text);
	ck_assert_int_eq(r, E_FORMAT);
	ids_done(&t);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("syncd/push/ids");
	TCase *t = tcase_create("ids");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_number_stays_where_nothing_is_known);
	tcase_add_loop_test(t, the_first_rule_that_fits_counts, 0, ARRAY_LEN(rows));
	tcase_add_test(t, rules_hold_for_ids_that_nobody_named);
	tcase_add_loop_test(t, a_rule_has_two_halves, 0, ARRAY_LEN(wrong));
	tcase_add_test(t, a_name_that_means_nothing_is_told_and_left_out);
	tcase_add_test(t, there_is_an_end_to_ids_and_to_rules);
	suite_add_tcase(s, t);
	return unit_main(s);
}
