/* "refuse options": words to rows of the table of options, as rsync 3.5.0 decided when it was asked (t/syncd/access/221 asks it again). */
#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "syncd/policy/options.h"
#include "syncd/policy/refuse.h"
#include "t/unit/unit.h"

/* words; an option by name or letter; what is named as refused, NULL: it is taken */
static const struct { const char *words, *option, *told; } rows[] = {
	{ "", "delete", NULL },
	{ "delete", "delete", "delete" }, { "delete", "delete-before", NULL }, { "delete", "v", NULL },
	{ "delete-*", "delete-after", "delete-after" }, { "delete-*", "delete", NULL },
	{ "delete-* !delete-during", "delete-during", NULL }, { "delete-* !delete-during", "del", NULL },
	{ "delete-* !delete-during", "delete-delay", "delete-delay" },
	{ "!delete", "delete", NULL }, { "delete !delete delete", "delete", "delete" },
	{ "del", "delete-during", "delete-during" }, { "delete-before", "delete-before", "delete-before" },
	/* letters, and names for one another */
	{ "z", "compress", "compress" }, { "compress", "z", "compress" }, { "cc", "checksum-choice", "checksum-choice" },
	{ "zl", "compress-level", "compress-level" }, { "old-d", "old-dirs", "old-dirs" }, { "n", "dry-run", "dry-run" },
	{ "usermap", "usermap", "usermap" }, { "usermap", "groupmap", NULL }, { "usermap", "chown", NULL },
	/* patterns: letters too, but no option that the protocol needs */
	{ "[a-z]", "v", "verbose" }, { "[a-z]", "delete", NULL }, { "d*", "dirs", "dirs" }, { "d*", "dry-run", NULL },
	{ "*", "delete", "delete" }, { "*", "server", NULL }, { "*", "sender", NULL }, { "*", "iconv", NULL }, { "*", "write-devices", NULL },
	{ "dry-run", "dry-run", "dry-run" }, { "* !v", "verbose", NULL }, { "* !v", "q", "quiet" },
	/* -a stands for others, in rsync's order; all it stands for goes and comes with it */
	{ "a", "r", "recursive" }, { "a", "times", "times" }, { "a", "X", NULL }, { "* !a", "times", NULL }, { "* !a", "X", "xattrs" },
	{ "links times", "a", "links" }, { "group perms", "a", "group" }, { "recursive", "a", "recursive" }, { "X", "a", NULL },
	{ "partial", "P", "partial" }, { "progress", "P", "progress" },
	{ "  delete   checksum ", "c", "checksum" },
};

START_TEST(a_word_refuses_what_rsync_refuses)
{
	const struct option_row *row = option_by_word(rows[_i].option), *told;
	struct refusals r;

	ck_assert_ptr_nonnull(row);
	refuse_words(&r, rows[_i].words, NULL, NULL);
	told = refuse_row(&r, row);
	if (rows[_i].told == NULL)
		ck_assert_msg(told == NULL, "%s is refused for %s", rows[_i].option, told == NULL ? "" : told->name);
	else
		ck_assert_str_eq(told == NULL ? "(none)" : told->name, rows[_i].told);
}
END_TEST

static void
count(void *arg, const char *word)
{
	char *text = arg;

	strcat(strcat(text, word), " ");
}

START_TEST(words_that_match_nothing_are_told)
{
	struct refusals r;
	char text[64] = "";

	refuse_words(&r, "nosuch delete !neither zzz*", count, text);
	ck_assert_str_eq(text, "nosuch neither zzz* ");
}
END_TEST

/* What is asked for in all may come down to an option that nobody wrote. */
static const struct { const char *words, *line, *told; } implied[] = {
	{ "delete", "-r --delete-before", "delete" }, { "delete", "-r --delete-missing-args", "delete" }, { "delete", "-r", NULL },
	{ "delete", "--sender -r --remove-source-files", "delete" }, { "delete", "-r --remove-source-files", NULL },
	{ "compress", "-r --compress-level=5", "compress" }, { "compress", "-r --compress-choice=zstd", "compress" },
	{ "inplace", "-r --append", "inplace" }, { "partial", "-r --inplace", "partial" }, { "partial", "-r --append", "partial" },
	{ "no-iconv", "-r", "no-iconv" }, { "no-iconv", "-r --iconv=UTF-8", NULL },
	{ "delete-during delete-before", "-r --delete", "delete-before" }, { "delete-during", "-r --delete", NULL },
};

START_TEST(so_does_what_an_option_comes_down_to)
{
	char line[128], message[OPTIONS_MESSAGE_MAX], *words[16] = { NULL };
	const struct option_row *told;
	struct refusals r;
	struct options o;
	size_t n = 0, paths;

	options_init(&o, NULL);
	snprintf(line, sizeof line, "--server %s . m", implied[_i].line);
	for (char *w = strtok(line, " "); w != NULL; w = strtok(NULL, " "))
		words[n++] = w;
	ck_assert_int_eq(options_parse(words, n, &o, &paths, message), 0);
	refuse_words(&r, implied[_i].words, NULL, NULL);
	told = refuse_implied(&r, &o);
	if (implied[_i].told == NULL)
		ck_assert_msg(told == NULL, "%s: refused for %s", implied[_i].line, told == NULL ? "" : told->name);
	else
		ck_assert_str_eq(told == NULL ? "(none)" : told->name, implied[_i].told);
}
END_TEST

int
main(void)
{
	TCase *t = tcase_create("refuse");
	Suite *s = suite_create("syncd/policy/refuse");

	tcase_add_loop_test(t, a_word_refuses_what_rsync_refuses, 0, ARRAY_LEN(rows));
	tcase_add_test(t, words_that_match_nothing_are_told);
	tcase_add_loop_test(t, so_does_what_an_option_comes_down_to, 0, ARRAY_LEN(implied));
	suite_add_tcase(s, t);
	return unit_main(s);
}
