#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "deploy/diff.h"
#include "lib/err.h"
#include "t/unit/unit.h"

static const struct {
	const char *a, *b, *said;
} rows[] = {
	{ "", "", "" }, { "a\n", "a\n", "" }, { "", "a\n", "+a\n" }, { "a\n", "", "-a\n" }, { "a\nb\nc\n", "a\nc\n",
	  "-b\n" },
	{ "a\nc\n", "a\nb\nc\n", "+b\n" }, { "a\nb\n", "b\na\n", "-a\n+a\n" }, { "a\nb\nc\n", "a\nx\nc\n", "-b\n+x\n" },
	{ "a", "a\n", "" }, { "x\x1b[0m\n", "", "-x\\#033[0m\n" }, { "a\n\nb\n", "a\nb\n", "-\n" },
};

START_TEST(lines_that_one_side_lacks_are_said)
{
	char *said = NULL;
	size_t n = 0;
	FILE *to = open_memstream(&said, &n);

	diff_lines(rows[_i].a, rows[_i].b, to);
	fclose(to);
	ck_assert_str_eq(said, rows[_i].said);
	free(said);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("deploy/diff");
	TCase *t = tcase_create("diff");

	tcase_add_loop_test(t, lines_that_one_side_lacks_are_said, 0, ARRAY_LEN(rows));
	suite_add_tcase(s, t);
	return unit_main(s);
}
