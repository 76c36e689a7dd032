#include <stdio.h>
#include <string.h>

#include "deploy/names.h"
#include "lib/err.h"
#include "t/unit/unit.h"

static const struct {
	const char *text;
	int result;
} rows[] = {
	{ "host", 0 }, { "a.example", 0 }, { "a_b.example", 0 }, { "1host", 0 }, { "192.0.2.1", 0 }, { "2001:db8::1", 0 }, { "::1", 0 },
	{ "", E_FORMAT }, { ".", E_FORMAT }, { "a..b", E_FORMAT }, { ".a", E_FORMAT }, { "a.", E_FORMAT }, { "-a", E_FORMAT },
	{ "a b", E_FORMAT }, { "a,DNS:b", E_FORMAT }, { "*.example", E_FORMAT }, { "[::1]", E_FORMAT }, { "/run/x", E_FORMAT },
	{ "fe80::1%lo", E_FORMAT }, { "a\nb", E_FORMAT }, { "host:80", E_FORMAT },
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example", E_FORMAT },
};

START_TEST(a_name_or_an_address_is_taken_once)
{
	static struct names l;
	int r;

	l.n = 0;
	r = names_add(&l, rows[_i].text);
	ck_assert_msg(r == rows[_i].result, "\"%s\": %d", rows[_i].text, r);
	ck_assert_int_eq(names_add(&l, rows[_i].text), r);
	ck_assert_uint_eq(l.n, r == 0);
}
END_TEST

START_TEST(this_machine_has_its_loopback_names)
{
	static struct names l;

	names_of_machine(&l);
	ck_assert_uint_ge(l.n, 3);
	ck_assert_str_eq(l.v[0], "localhost");
	ck_assert_str_eq(l.v[1], "127.0.0.1");
	ck_assert_str_eq(l.v[2], "::1");
}
END_TEST

START_TEST(a_full_list_says_so)
{
	static struct names l;
	char name[16];

	for (int i = 0; i < NAMES_MAX; i++) {
		snprintf(name, sizeof name, "h%d", i);
		ck_assert_int_eq(names_add(&l, name), 0);
	}
	ck_assert_int_eq(names_add(&l, "more"), E_LIMIT);
	ck_assert_int_eq(names_add(&l, "H7"), 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("deploy/names");
	TCase *t = tcase_create("names");

	tcase_add_loop_test(t, a_name_or_an_address_is_taken_once, 0, ARRAY_LEN(rows));
	tcase_add_test(t, this_machine_has_its_loopback_names);
	tcase_add_test(t, a_full_list_says_so);
	suite_add_tcase(s, t);
	return unit_main(s);
}
