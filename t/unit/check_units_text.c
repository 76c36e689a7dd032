#include <string.h>

#include "lib/err.h"
#include "t/unit/unit.h"
#include "units/harden.h"
#include "units/text.h"

static const struct {
	enum text_kind kind;
	const char *word, *text;	/* NULL: refused */
} words[] = {
	{ TEXT_WORD, "/srv/a", "/srv/a" }, { TEXT_WORD, "/srv/a b", "\"/srv/a b\"" }, { TEXT_WORD, "/100%", "\"/100%%\"" },
	{ TEXT_WORD, "/a\"b", "\"/a\\\"b\"" }, { TEXT_WORD, "/a\\b", "\"/a\\\\b\"" }, { TEXT_WORD, "/a$b", "\"/a$b\"" },
	{ TEXT_COMMAND, "/a$b", "\"/a$$b\"" }, { TEXT_COMMAND, "/a%b", "\"/a%%b\"" }, { TEXT_WORD, "/a;b", "\"/a;b\"" },
	{ TEXT_WORD, "/t\xc3\xa4", "\"/t\xc3\xa4\"" }, { TEXT_WORD, "-/a", "\"-/a\"" },
	{ TEXT_WORD, "", NULL }, { TEXT_WORD, "a\nb", NULL }, { TEXT_WORD, "a\x7f", NULL }, { TEXT_COMMAND, "a\t", NULL },
	{ TEXT_PLAIN, "sallyport-tunnel", "sallyport-tunnel" }, { TEXT_PLAIN, "[::]:874", "[::]:874" },
	{ TEXT_PLAIN, "stunnel@a.service", "stunnel@a.service" }, { TEXT_PLAIN, "a b", NULL }, { TEXT_PLAIN, "a%i", NULL },
	{ TEXT_PLAIN, "-a", NULL }, { TEXT_PLAIN, "", NULL }, { TEXT_PLAIN, "a;b", NULL },
};

START_TEST(a_word_is_read_back_as_it_was_given)
{
	struct buf out = BUF_INIT;
	struct text t = { &out, 0 };

	text_word(&t, words[_i].kind, words[_i].word);
	ck_assert_int_eq(t.err, words[_i].text == NULL ? E_FORMAT : 0);
	ck_assert_str_eq(buf_cstr(&out), words[_i].text == NULL ? "" : words[_i].text);
	buf_done(&out);
}
END_TEST

static const struct {
	const char *path;
	int hidden;
} places[] = {
	{ "/home", 1 }, { "/home/a", 1 }, { "/homes", 0 }, { "/root", 1 }, { "/run/user/1000", 1 }, { "/tmp/x", 1 }, { "/var/tmp", 1 },
	{ "/srv", 0 }, { "/var/lib", 0 }, { "/", 0 },
};

START_TEST(places_that_units_do_not_see)
{
	ck_assert_int_eq(harden_hides(places[_i].path), places[_i].hidden);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("units/text");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, a_word_is_read_back_as_it_was_given, 0, ARRAY_LEN(words));
	tcase_add_loop_test(t, places_that_units_do_not_see, 0, ARRAY_LEN(places));
	suite_add_tcase(s, t);
	return unit_main(s);
}
