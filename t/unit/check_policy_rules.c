#include "syncd/policy/rules.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "t/unit/unit.h"

/* One list of rules parted by '|'; names ending in '/' are directories.  What stays in is listed. */
static const struct { const char *rules, *names, *left; } rows[] = {
	{ "", "a b/", "a b/" },
	{ "- *.o", "a.o a.c d/a.o", "a.c" },
	{ "+ keep.o|- *.o", "keep.o a.o", "keep.o" },
	{ "- a/", "a a/", "a" },
	{ "- /a", "a d/a", "d/a" },
	{ "- d/a", "a d/a e/d/a xd/a", "a xd/a" },
	{ "- a/b/c", "a/b/c x/a/b/c b/c", "b/c" },
	{ "- **/foo", "foo a/foo a/b/foo food", "food" },
	{ "- a**z", "az a/z x/a/b/z b/az zb", "zb" },
	{ "- foo/***", "foo/ foo/x a/foo/ a/foo/x/y foo", "foo" },
	{ "- foo/**", "foo/ foo/x foo/x/y", "foo/" },
	{ "- /foo/*", "foo/ foo/x foo/x/y", "foo/ foo/x/y" },
	{ "- *", "a b/", "" },
	{ "- /*/*", "a a/ a/b a/b/c", "a a/ a/b/c" },
	{ "-! *.c", "a.c a.o", "a.c" },
	{ "- a|!|- b", "a b", "a" },
	{ "- a\\b", "ab a\\b", "ab" },		/* no wildcard: literal, backslash and all */
	{ "- a\\b*", "abc a\\b", "a\\b" },
	{ "-r a|P b", "a b", "a b" },		/* the receiver's own business */
	{ "-s a|H b|-sr c", "a b c d", "d" },
	{ "-x a", "a", "a" },
	{ "-/ d/a", "m/d/a", "" },
	{ "- [ab]?", "ax bx cx a", "cx a" },
	{ "+ */|+ *.c|- *", "d/ d/a.c d/a.o x", "d/ d/a.c" },
};

static void
add_all(struct rules *r, const char *rules)
{
	for (const char *p = rules; *p != '\0';) {
		size_t n = strcspn(p, "|");

		ck_assert_msg(rules_add(r, p, n, false) == 0, "\"%.*s\"", (int)n, p);
		p += n + (p[n] == '|');
	}
}

/* Those of names that are not excluded, as a string. */
static void
judge_all(const struct rules *r, const struct rules_dir *dir, const char *names, char *left)
{
	char copy[512];

	snprintf(copy, sizeof copy, "%s", names);
	*left = '\0';
	for (char *save = NULL, *n = strtok_r(copy, " ", &save); n != NULL; n = strtok_r(NULL, " ", &save)) {
		size_t len = strlen(n);
		bool is_dir = n[len - 1] == '/';

		if (is_dir)
			n[len - 1] = '\0';
		if (rules_match(r, dir, &(struct rules_name){ n, n, is_dir }) != RULES_EXCLUDE)
			sprintf(left + strlen(left), "%s%s%s", *left == '\0' ? "" : " ", n, is_dir ? "/" : "");
	}
}

START_TEST(the_first_rule_that_matches_decides)
{
	char left[512];
	struct rules *r;

	ck_assert_int_eq(rules_new(&r), 0);
	add_all(r, rows[_i].rules);
	judge_all(r, NULL, rows[_i].names, left);
	ck_assert_msg(strcmp(left, rows[_i].left) == 0, "%s on \"%s\" leaves \"%s\"", rows[_i].rules, rows[_i].names, left);
	rules_free(r);
}
END_TEST

static const struct { enum rules_source source; const char *text, *names, *left; } config[] = {
	{ RULES_EXCLUDE_LIST, "*.o secret/", "a.o secret/ secret/x a", "a" },
	{ RULES_EXCLUDE_LIST, "+ a *", "a b", "a" },
	{ RULES_INCLUDE_LIST, "a - *", "a b", "a" },
	{ RULES_EXCLUDE_LIST, "a ! b", "a b", "a" },
	{ RULES_FILTER, "- *.o + x - x H y", "a.o x y z", "x z" },
	{ RULES_EXCLUDE_LINES, "# comment\n; too\n\n*.o\r\n+ keep\n- keep2\nwith blank\n", "a.o keep keep2 #", "keep #" },
	{ RULES_FILTER, "+ d/ - x", "d/ d/x x d/y", "d/ d/y" },		/* a directory that is shown shows no more than itself */
	{ RULES_INCLUDE_LIST, "d/ - x", "d/ d/x d/e/x", "d/" },
	{ RULES_EXCLUDE_LIST, "/etc/shadow", "etc/shadow x/etc/shadow", "x/etc/shadow" },
};

START_TEST(a_configuration_hides_what_it_says)
{
	char left[512];
	struct rules *r;

	rules_new(&r);
	ck_assert_int_eq(rules_add_config(r, config[_i].source, config[_i].text), 0);
	judge_all(r, NULL, config[_i].names, left);
	ck_assert_msg(strcmp(left, config[_i].left) == 0, "%s: \"%s\"", config[_i].text, left);
	rules_free(r);
}
END_TEST

START_TEST(what_lies_below_a_hidden_directory_is_hidden)
{
	struct rules *r;

	rules_new(&r);
	ck_assert(!rules_hidden(r, "a", false) && rules_empty(r));
	rules_add_config(r, RULES_EXCLUDE_LIST, "/secret *.key d/");
	ck_assert(rules_hidden(r, "secret", true) && rules_hidden(r, "secret/a/b", false) && rules_hidden(r, "x/y.key", false));
	ck_assert(rules_hidden(r, "x.key/y", false) && rules_hidden(r, "d/x", false));
	ck_assert(!rules_hidden(r, "x/secret", true) && !rules_hidden(r, "", true) && !rules_hidden(r, "d", false));
	rules_free(r);
}
END_TEST

/* Rules of every shape, on paths of a few names, in any spelling: the answer is the plain spelling's. */
static const char *const shapes[] = {
	"- *.k", "- /s/", "- /a/h/", "- /a/o", "- s", "- a/h", "- **/h", "- a/**", "- /a/***", "- /s/k", "- /*/o", "- *", "+ /a/", "+ *.k", "-! /a/***", "-/ a/h", "- h/",
	"- [as]/*", "- /a**k", "+ a/h/***", "- s/?",
};

static void
draw_plain(char *to)
{
	static const char *const names[] = { "a", "s", "h", "o", "x.k", "k" };
	int n = 1 + (int)(random() % 4);

	for (*to = '\0'; n > 0; n--)
		sprintf(to + strlen(to), "%s%s", *to == '\0' ? "" : "/", names[random() % (long)ARRAY_LEN(names)]);
}

/* The same place, said otherwise. */
static void
draw_spelling(const char *plain, char *to)
{
	static const char *const noise[] = { "./", "/", "x/../", "a/s/../../", "../", "././" };
	bool top = true;

	for (*to = '\0'; *plain != '\0'; plain += strcspn(plain, "/"), plain += *plain == '/', top = false) {
		size_t n = strcspn(plain, "/");

		if (!top)
			strcat(to, "/");
		for (long k = random() % 3; k > 0; k--) {
			const char *w = noise[random() % (long)ARRAY_LEN(noise)];

			strcat(to, strcmp(w, "../") == 0 && !top ? "s/../" : w);	/* above the root there is only the root */
		}
		strncat(to, plain, n);
	}
}

START_TEST(what_is_hidden_is_hidden_in_any_spelling)
{
	unsigned hits = 0;

	srandom(471);
	for (int i = 0; i < 1500; i++) {
		char plain[64], odd[512];
		struct rules *r;

		ck_assert_int_eq(rules_new(&r), 0);
		for (long n = 1 + random() % 3; n > 0; n--) {
			const char *shape = shapes[random() % (long)ARRAY_LEN(shapes)];

			ck_assert_int_eq(i % 2 == 0 ? rules_add(r, shape, strlen(shape), false) : rules_add_config(r, RULES_FILTER, shape), 0);
		}
		for (int k = 0; k < 20; k++) {
			bool is_dir = random() % 2 == 0, whole, own;

			draw_plain(plain);
			draw_spelling(plain, odd);
			whole = rules_hidden(r, plain, is_dir);
			own = rules_hides(r, plain, is_dir);
			hits += whole;
			ck_assert_msg(rules_hidden(r, odd, is_dir) == whole, "\"%s\" and \"%s\"", plain, odd);
			ck_assert_msg(rules_hides(r, odd, is_dir) == own, "\"%s\" and \"%s\" alone", plain, odd);
			ck_assert_msg(whole || !own, "\"%s\"", plain);
			strcat(odd, k % 2 == 0 ? "/" : "/.");
			ck_assert_msg(rules_hidden(r, odd, false) == rules_hidden(r, plain, true), "\"%s\"", odd);
		}
		rules_free(r);
	}
	ck_assert_uint_gt(hits, 4000);
	ck_assert_uint_lt(hits, 28000);
}
END_TEST

START_TEST(what_is_too_long_to_be_judged_is_hidden)
{
	static char path[10000];
	struct rules *r;

	rules_new(&r);
	for (size_t i = 0; i + 1 < sizeof path; i++)
		path[i] = i % 2 == 0 ? 'a' : '/';
	ck_assert(!rules_hidden(r, path, false) && !rules_hides(r, path, false));
	add_all(r, "- /nothing");
	ck_assert(rules_hidden(r, path, false));
	memset(path, '/', sizeof path - 3);		/* but not what is long only by its spelling */
	ck_assert(!rules_hidden(r, path, false) && !rules_hides(r, path, false));
	ck_assert(!rules_hidden(NULL, "a", false) && !rules_hides(NULL, "a", false));
	rules_free(r);
}
END_TEST

/* Patterns that make the matcher go back at every character, and a name for them. */
static void
add_costly(struct rules *r, int n)
{
	char rule[128];

	for (int i = 0; i < n; i++) {
		snprintf(rule, sizeof rule, "- *%.60s%d", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", i);
		ck_assert_int_eq(rules_add(r, rule, strlen(rule), false), 0);
	}
}

START_TEST(one_name_gets_so_much_work_and_no_more)
{
	char name[256];
	struct work w = { .vain_max = 1ull << 40 };
	struct rules *r;

	memset(name, 'a', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	rules_new(&r);
	rules_count(r, &w);
	add_costly(r, 100);
	ck_assert_int_eq(rules_match(r, NULL, &(struct rules_name){ name, name, false }), RULES_NONE);
	ck_assert(!work_over(&w) && w.vain > 100000);
	add_costly(r, 10000);
	ck_assert_int_eq(rules_match(r, NULL, &(struct rules_name){ name, name, false }), RULES_EXCLUDE);
	ck_assert_int_eq(w.err, E_WORK);
	ck_assert(rules_hidden(r, "b", false) && rules_hides(r, "b", false));		/* no answer is no yes */
	rules_count(r, NULL);
	ck_assert(!rules_hidden(r, "b", false));
	rules_free(r);
}
END_TEST

START_TEST(all_names_together_get_so_much_work)
{
	char name[256];
	struct work w = { .vain_max = 1 << 22 };
	struct rules *r;
	int n = 0;

	memset(name, 'a', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	rules_new(&r);
	rules_count(r, &w);
	add_costly(r, 10);
	for (; n < 10000 && !work_over(&w); n++)
		rules_match(r, NULL, &(struct rules_name){ name, name, false });
	ck_assert_int_eq(w.err, E_WORK);
	ck_assert_uint_le(w.vain, (1 << 22) + 200000);
	ck_assert(n > 10);
	rules_free(r);
}
END_TEST

static int
never(void *arg)
{
	++*(int *)arg;
	return 0;
}

/* Ten thousand rules of the common kinds, as many names: nothing of it is in vain, and somebody looks meanwhile. */
START_TEST(many_honest_rules_cost_nothing_in_vain)
{
	static const struct { const char *front, *back; } kinds[] = {
		{ "- name", "" }, { "- /dir", "/" }, { "- *.ext", "" }, { "- cache", "/**" }, { "- **/tmp", "" }, { "+ /a/b", "/c*" }, { "- [a-z]*", "~" },
	};
	char rule[64], name[64];
	int looks = 0;
	struct work w = { .vain_max = 1, .look = never, .arg = &looks };
	struct rules *r;

	rules_new(&r);
	rules_count(r, &w);
	for (int i = 0; i < 10000; i++) {
		snprintf(rule, sizeof rule, "%s%d%s", kinds[i % (int)ARRAY_LEN(kinds)].front, i, kinds[i % (int)ARRAY_LEN(kinds)].back);
		ck_assert_int_eq(rules_add(r, rule, strlen(rule), false), 0);
	}
	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof name, "home/someone/a directory/file-%d.c", i);
		ck_assert_int_eq(rules_match(r, NULL, &(struct rules_name){ name, name, false }), RULES_NONE);
	}
	ck_assert_uint_eq(w.vain, 0);
	ck_assert_uint_ge(w.done, 2000000);
	ck_assert_int_gt(looks, 1);
	rules_free(r);
}
END_TEST

START_TEST(the_cvs_list_is_a_list_of_excludes)
{
	char left[512];
	struct rules *r;

	rules_new(&r);
	ck_assert_int_eq(rules_add_cvs(r), 0);
	judge_all(r, NULL, "a.o a~ core .git/ .git CVS x.c #a# RCS a.orig", left);
	ck_assert_str_eq(left, ".git x.c");
	rules_free(r);
}
END_TEST

static const char *const bad[] = { "x", "", "-q x", "! x", "- ", "merge" };

START_TEST(a_bad_rule_is_refused)
{
	struct rules *r;

	rules_new(&r);
	ck_assert_int_eq(rules_add(r, bad[_i], strlen(bad[_i]), false), E_FORMAT);
	ck_assert(rules_empty(r));
	rules_free(r);
}
END_TEST

START_TEST(rules_are_bounded_in_number)
{
	struct rules *r;
	int n = 0;

	rules_new(&r);
	while (n <= RULES_MAX && rules_add(r, "- x", 3, false) == 0)
		n++;
	ck_assert_int_eq(rules_add(r, "- x", 3, false), E_LIMIT);
	ck_assert_int_eq(n, RULES_MAX);
	rules_free(r);
}
END_TEST

START_TEST(rules_are_bounded_in_bytes)
{
	char text[5000] = "- ";
	struct rules *r;
	int n = 0;

	memset(text + 2, 'x', sizeof text - 2);
	rules_new(&r);
	while (n < RULES_MAX && rules_add(r, text, sizeof text, false) == 0)
		n++;
	ck_assert_int_eq(rules_add(r, text, sizeof text, false), E_LIMIT);
	ck_assert_int_le(n, RULES_BYTES_MAX / 4998);
	ck_assert_int_eq(rules_add(r, "!", 1, false), 0);	/* what is dropped is given back */
	ck_assert_int_eq(rules_add(r, text, sizeof text, false), 0);
	rules_free(r);
}
END_TEST

struct merge_file { const char *fs, *name, *text; };

static char *
fetch(void *arg, const char *fs, const char *name)
{
	for (const struct merge_file *f = arg; f->fs != NULL; f++)
		if (strcmp(f->fs, fs) == 0 && strcmp(f->name, name) == 0)
			return strdup(f->text);
	return NULL;
}

static void
enter(const struct rules *r, struct rules_dir *above, const char *fs, const struct merge_file *files, struct rules_dir **ret, int want)
{
	char where[256];

	ck_assert_int_eq(rules_enter(r, above, fs, &(struct rules_reader){ fetch, (void *)files, "" }, ret, where, sizeof where), want);
}

START_TEST(merge_files_hold_for_their_directory_and_below)
{
	static const struct merge_file files[] = { { "", ".f", "- top\n- /anch\n" }, { "d", ".f", "+ top\n- /local\n" }, { NULL, NULL, NULL } };
	struct rules_dir *top, *d, *e;
	char left[512];
	struct rules *r;

	rules_new(&r);
	add_all(r, ": .f");
	enter(r, NULL, "", files, &top, 0);
	judge_all(r, top, "top anch x", left);
	ck_assert_str_eq(left, "x");
	enter(r, top, "d", files, &d, 0);
	judge_all(r, d, "d/top d/anch d/local", left);
	ck_assert_str_eq(left, "d/top d/anch");
	enter(r, d, "d/e", files, &e, 0);
	judge_all(r, e, "d/e/top d/e/local", left);
	ck_assert_str_eq(left, "d/e/top d/e/local");
	rules_dir_free(e);
	rules_dir_free(d);
	rules_dir_free(top);
	rules_free(r);
}
END_TEST

START_TEST(a_file_that_is_not_inherited_holds_for_its_directory_alone)
{
	static const struct merge_file files[] = { { "", ".f", "a\nb\n" }, { NULL, NULL, NULL } };
	struct rules_dir *top, *d;
	char left[512];
	struct rules *r;

	rules_new(&r);
	add_all(r, ":en- .f");
	enter(r, NULL, "", files, &top, 0);
	judge_all(r, top, "a b c .f", left);
	ck_assert_str_eq(left, "c");
	enter(r, top, "d", files, &d, 0);
	judge_all(r, d, "d/a d/.f", left);
	ck_assert_str_eq(left, "d/a");
	rules_dir_free(d);
	rules_dir_free(top);
	rules_free(r);
}
END_TEST

START_TEST(a_file_that_includes_itself_ends)
{
	static const struct merge_file loops[] = { { "", ".f", "merge .f\n" }, { "", ".g", ": .h\n" }, { "", ".h", ": .g\n- x\n" }, { NULL, NULL, NULL } };
	struct rules_dir *top = NULL;
	char left[512];
	struct rules *r;

	rules_new(&r);
	add_all(r, ": .f");
	enter(r, NULL, "", loops, &top, -ELOOP);
	ck_assert_ptr_null(top);
	rules_free(r);
	rules_new(&r);
	add_all(r, ": .g");
	enter(r, NULL, "", loops, &top, 0);
	judge_all(r, top, "x y", left);
	ck_assert_str_eq(left, "y");
	rules_dir_free(top);
	rules_free(r);
}
END_TEST

START_TEST(a_rule_in_a_merge_file_reaches_above)
{
	static const struct merge_file files[] = {
		{ "a/b", ".f", ": ../r\n: /t\n:n ../none\n" }, { "a/b", "r", "- near\n" }, { "a", "r", "+ near\n- far\n- /b/anch\n" },
		{ "", "r", "- never\n" }, { "", "t", "- top\n- /a/b/own\n" }, { "a", "none", "- never\n" }, { NULL, NULL, NULL },
	};
	struct rules_dir *d, *e;
	char left[512];
	struct rules *r;

	rules_new(&r);
	add_all(r, ": .f");
	enter(r, NULL, "a/b", files, &d, 0);
	judge_all(r, d, "a/b/near a/b/far a/b/anch a/b/never a/b/top a/b/own", left);
	ck_assert_str_eq(left, "a/b/never");
	enter(r, d, "a/b/c", files, &e, 0);		/* and holds below */
	judge_all(r, e, "a/b/c/near a/b/c/far a/b/c/anch a/b/c/top", left);
	ck_assert_str_eq(left, "a/b/c/anch");
	rules_dir_free(e);
	rules_dir_free(d);
	rules_free(r);
}
END_TEST

START_TEST(what_is_included_starts_from_the_base)
{
	static const struct merge_file files[] = { { "a", ".f", "- x\n. more\n. /abs\n. ./own\n" }, { "base", "more", "- y\n" }, { "", "/abs", "- z\n" },
		{ "a", "more", "- w\n" }, { "a", "./own", "- v\n" }, { NULL, NULL, NULL } };
	char where[256], left[512];
	struct rules_dir *d = NULL;
	struct rules *r;

	rules_new(&r);
	add_all(r, ": .f");
	ck_assert_int_eq(rules_enter(r, NULL, "a", &(struct rules_reader){ fetch, (void *)files, "base" }, &d, where, sizeof where), 0);
	judge_all(r, d, "a/v a/w a/x a/y a/z", left);
	ck_assert_str_eq(left, "a/w");
	rules_dir_free(d);
	d = NULL;
	ck_assert_int_eq(rules_enter(r, NULL, "a", &(struct rules_reader){ fetch, (void *)files, "" }, &d, where, sizeof where), -ENOENT);
	ck_assert_str_eq(where, "a/.f line 2");
	ck_assert_ptr_null(d);
	rules_free(r);
}
END_TEST

START_TEST(directories_that_were_left_give_their_rules_back)
{
	static const struct merge_file files[] = { { "d", ".f", "- a\n- b\n" }, { NULL, NULL, NULL } };
	struct rules_dir *d;
	struct rules *r;

	rules_new(&r);
	add_all(r, ": .f");
	for (int i = 0; i < RULES_MAX; i++) {
		enter(r, NULL, "d", files, &d, 0);
		rules_dir_free(d);
	}
	rules_free(r);
}
END_TEST

START_TEST(a_bad_line_is_named_and_never_shown)
{
	static const struct merge_file files[] = { { "d", "f", "- a\nroot:x:0:0\n" }, { NULL, NULL, NULL } };
	struct rules_dir *d = NULL;
	char where[256];
	struct rules *r;

	rules_new(&r);
	add_all(r, ": f");
	ck_assert_int_eq(rules_enter(r, NULL, "d", &(struct rules_reader){ fetch, (void *)files, "" }, &d, where, sizeof where), E_FORMAT);
	ck_assert_str_eq(where, "d/f line 2");
	rules_free(r);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("syncd/policy/rules");
	TCase *t = tcase_create("rules");

	tcase_add_loop_test(t, the_first_rule_that_matches_decides, 0, ARRAY_LEN(rows));
	tcase_add_loop_test(t, a_configuration_hides_what_it_says, 0, ARRAY_LEN(config));
	tcase_add_test(t, what_lies_below_a_hidden_directory_is_hidden);
	tcase_add_test(t, what_is_hidden_is_hidden_in_any_spelling);
	tcase_add_test(t, one_name_gets_so_much_work_and_no_more);
	tcase_add_test(t, all_names_together_get_so_much_work);
	tcase_add_test(t, many_honest_rules_cost_nothing_in_vain);
	tcase_add_test(t, what_is_too_long_to_be_judged_is_hidden);
	tcase_add_test(t, the_cvs_list_is_a_list_of_excludes);
	tcase_add_loop_test(t, a_bad_rule_is_refused, 0, ARRAY_LEN(bad));
	tcase_add_test(t, rules_are_bounded_in_number);
	tcase_add_test(t, rules_are_bounded_in_bytes);
	tcase_add_test(t, a_rule_in_a_merge_file_reaches_above);
	tcase_add_test(t, what_is_included_starts_from_the_base);
	tcase_add_test(t, directories_that_were_left_give_their_rules_back);
	tcase_add_test(t, merge_files_hold_for_their_directory_and_below);
	tcase_add_test(t, a_file_that_is_not_inherited_holds_for_its_directory_alone);
	tcase_add_test(t, a_file_that_includes_itself_ends);
	tcase_add_test(t, a_bad_line_is_named_and_never_shown);
	suite_add_tcase(s, t);
	return unit_main(s);
}
