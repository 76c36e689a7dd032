#include "syncd/session/charset.h"

#include <errno.h>
#include <string.h>

#include "lib/err.h"
#include "t/unit/unit.h"

static const struct {
	const char *set, *name, *wire;
	int r;			/* of the way to the wire, and back when that is 0 */
} rows[] = {
	{ "ISO-8859-1", "Stra\xdf" "e", "Stra\xc3\x9f" "e", 0 },
	{ "ISO-8859-1", "", "", 0 },
	{ "UTF-8", "\xc3\xbc", "\xc3\xbc", 0 },
	{ "UTF-8", "a\xff" "b", "a", -EILSEQ },
	{ "UTF-8", "a\xc3", "a", -EINVAL },
	{ "ISO-2022-JP", "\x1b$B$\"\x1b(B", "\xe3\x81\x82", 0 },	/* ends with a shift */
};

START_TEST(names_go_to_the_wire_and_back)
{
	struct charset *c;
	char wire[64], back[64];

	ck_assert_int_eq(charset_new(rows[_i].set, &c), 0);
	ck_assert_int_eq(charset_to_wire(c, rows[_i].name, wire, sizeof wire), rows[_i].r);
	ck_assert_str_eq(wire, rows[_i].wire);
	if (rows[_i].r == 0) {
		ck_assert_int_eq(charset_from_wire(c, wire, back, sizeof back), 0);
		ck_assert_str_eq(back, rows[_i].name);
	}
	charset_free(c);
}
END_TEST

START_TEST(what_does_not_fit_is_an_error)
{
	struct charset *c;
	char wire[4];

	ck_assert_int_eq(charset_new("ISO-8859-1", &c), 0);
	ck_assert_int_eq(charset_to_wire(c, "abc", wire, sizeof wire), 0);
	ck_assert_int_eq(charset_to_wire(c, "abcd", wire, sizeof wire), -E2BIG);
	ck_assert_int_eq(charset_to_wire(c, "ab\xfc", wire, sizeof wire), -E2BIG);
	ck_assert_str_eq(wire, "ab");
	ck_assert_str_eq(charset_message(c, "ab\xfc" "c", wire, sizeof wire), "ab");
	charset_free(c);
}
END_TEST

/* 0x2f and 0x61, '/' on each side, are something else on the other. */
START_TEST(no_slash_comes_or_goes)
{
	static const char *const wire[] = { "a\x07" "b", "\x06\x06\x07" "evil", "a/b" };
	struct charset *c;
	char text[16];

	ck_assert_int_eq(charset_new("IBM037", &c), 0);
	for (size_t i = 0; i < ARRAY_LEN(wire); i++)
		ck_assert_int_eq(charset_from_wire(c, wire[i], text, sizeof text), -EILSEQ);
	ck_assert_int_eq(charset_to_wire(c, "\x81\x61\x82", text, sizeof text), -EILSEQ);
	ck_assert_int_eq(charset_from_wire(c, "ab", text, sizeof text), 0);
	ck_assert_str_eq(text, "\x81\x82");
	charset_free(c);
}
END_TEST

START_TEST(a_message_keeps_what_is_no_text)
{
	struct charset *c;
	char wire[16];

	ck_assert_int_eq(charset_new("UTF-8", &c), 0);
	ck_assert_str_eq(charset_message(c, "\xff-\xc3\xbc-\xc3", wire, sizeof wire), "\xff-\xc3\xbc-\xc3");
	charset_free(c);
}
END_TEST

START_TEST(a_set_that_nobody_knows_is_refused)
{
	struct charset *c = NULL;

	ck_assert_int_eq(charset_new("no-such-set", &c), -EINVAL);
	ck_assert_ptr_null(c);
	charset_free(NULL);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("syncd/session/charset");
	TCase *t = tcase_create("charset");

	tcase_add_loop_test(t, names_go_to_the_wire_and_back, 0, ARRAY_LEN(rows));
	tcase_add_test(t, what_does_not_fit_is_an_error);
	tcase_add_test(t, a_message_keeps_what_is_no_text);
	tcase_add_test(t, no_slash_comes_or_goes);
	tcase_add_test(t, a_set_that_nobody_knows_is_refused);
	suite_add_tcase(s, t);
	return unit_main(s);
}
