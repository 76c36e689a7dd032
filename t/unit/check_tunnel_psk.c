#include <string.h>

#include "t/unit/unit.h"
#include "tunnel/tls/psk.h"

static const struct {
	const char *text, *identity, *complaint;
	size_t n;
} rows[] = {
	{ "a:0123456789abcdef0123456789ABCDEF\n", "a", NULL, 16 },
	{ "a:01:23:45:67:89:ab:cd:ef:01:23:45:67:89:ab:cd:ef", "a", NULL, 16 },
	{ "\nx:y\n", NULL, "PSKsecrets line 2: Key shorter than 16 bytes", 0 },
	{ " a b :this is used as a text\r\n", " a b ", NULL, 22 },
	{ "a:sixteen bytes 16\nb:another text of bytes", "b", NULL, 21 },
	{ "no colon", NULL, "PSKsecrets line 1: Not in identity:key format", 0 },
	{ ":0123456789abcdef0123456789abcdef", NULL, "PSKsecrets line 1: Not in identity:key format", 0 },
	{ "a:0123456789abcdef0123456789abcde", "a", NULL, 31 },	/* an odd number of digits is a text */
	{ "", NULL, "PSKsecrets line 0: No key", 0 },
};

START_TEST(a_line_is_an_identity_and_a_key)
{
	struct psk_table *t = NULL;
	struct conf_err e;
	int r = psk_parse(rows[_i].text, strlen(rows[_i].text), &t, &e);

	if (rows[_i].complaint != NULL) {
		ck_assert_int_eq(r, E_CONF);
		ck_assert_str_eq(e.text, rows[_i].complaint);
		return;
	}
	ck_assert_msg(r == 0, "%s", rows[_i].text);
	ck_assert_ptr_nonnull(psk_find(t, rows[_i].identity));
	ck_assert_uint_eq(psk_find(t, rows[_i].identity)->n, rows[_i].n);
	ck_assert_ptr_nonnull(psk_find(t, NULL));
	ck_assert_ptr_null(psk_find(t, "A"));
	psk_free(t);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tunnel/psk");
	TCase *t = tcase_create("psk");

	tcase_add_loop_test(t, a_line_is_an_identity_and_a_key, 0, (int)ARRAY_LEN(rows));
	suite_add_tcase(s, t);
	return unit_main(s);
}
