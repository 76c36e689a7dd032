#include <string.h>

#include "lib/err.h"
#include "lib/shell_word.h"
#include "t/unit/unit.h"

static const struct {
	const char *text, *word;
} rows[] = {
	{ "rsyncs://h:1/m/", "rsyncs://h:1/m/" }, { "", "''" }, { "a b", "'a b'" }, { "it's", "'it'\\''s'" }, { "'", "''\\'''" }, { "$(x)", "'$(x)'" },
	{ "[::1]", "'[::1]'" }, { "~", "'~'" }, { "123456789012345678901234567890", "" }, { "'''''''", "" }, { "a\n", "'a\n'" },
};

START_TEST(a_shell_reads_the_same)
{
	char dst[24];

	ck_assert_str_eq(shell_word(rows[_i].text, dst, sizeof dst), rows[_i].word);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("lib/shell_word");
	TCase *t = tcase_create("shell_word");

	tcase_add_loop_test(t, a_shell_reads_the_same, 0, ARRAY_LEN(rows));
	suite_add_tcase(s, t);
	return unit_main(s);
}
