#include "syncd/push/flist_in.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/err.h"
#include "t/unit/unit.h"

static struct flist_in l;
static struct flist_file *added;
static const struct flist_file *first;

/* A path with a slash at its end is a directory. */
static int
add(const char *path)
{
	static struct flist_entry e;
	size_t n = strlen(path);

	memset(&e.e, 0, sizeof e.e);
	memcpy(e.path, path, n + 1);
	e.e.name = e.path;
	e.e.mode = n > 0 && path[n - 1] == '/' ? S_IFDIR | 0755 : S_IFREG | 0644;
	return flist_in_add(&l, &e, 0, &added, &first);
}

static int
add_linked(const char *path, int32_t to, bool is_first, bool abbreviated)
{
	static struct flist_entry e;

	memset(&e.e, 0, sizeof e.e);
	memcpy(e.path, path, strlen(path) + 1);
	e.e.name = e.path;
	e.e.mode = abbreviated ? 0 : S_IFREG | 0640;
	e.e.linked = true;
	e.e.link_first = is_first;
	e.e.link_ndx = to;
	e.e.abbreviated = abbreviated;
	return flist_in_add(&l, &e, 0, &added, &first);
}

/* The list as words; a dropped entry in brackets. */
static const char *
shown(const struct flist_segment *seg)
{
	static char text[8192];
	char path[NAME_BYTES_MAX];

	text[0] = '\0';
	for (uint32_t i = 0; i < seg->n; i++) {
		const struct flist_file *f = &seg->files[i];

		sprintf(text + strlen(text), "%s%s%s%s%s", i > 0 ? " " : "", f->flags & IN_DROPPED ? "[" : "", flist_in_path(f, path),
		    S_ISDIR(f->mode) ? "/" : "", f->flags & IN_DROPPED ? "]" : "");
	}
	return text;
}

static const struct { int version; const char *in, *out; } orders[] = {
	{ 32, "a0/ a/s/q a/s/ a/f a/ a.d/ a-b/x a-b/ b a.txt Z ./", "./ Z a.txt b a-b/ a-b/x a.d/ a/ a/f a/s/ a/s/q a0/" },
	{ 29, "a0/ a/s/q a/s/ a/f a/ a.d/ a-b/x a-b/ b a.txt Z ./", "./ Z a.txt b a-b/ a-b/x a.d/ a/ a/f a/s/ a/s/q a0/" },
	{ 28, "a0/ a/f a/ a-b/ b a.txt Z ./", "./ Z a/ a-b/ a.txt a/f a0/ b" },
	{ 27, "b ./ -x", "-x ./ b" },
	{ 32, "d/y d/x d/", "d/ d/x d/y" }, { 32, "x/y", "x/y" },
	{ 32, "d/a d/a", "d/a [d/a]" }, { 32, "d/ d", "[d] d/" }, { 32, "d d/", "[d] d/" }, { 28, "d d/", "d [d/]" },
	{ 32, "d/ d d/ d", "[d] [d] d/ [d/]" }, { 32, "./ ./ x", "./ [./] x" },
	{ 32, "\xff \x01 a", "\x01 a \xff" },
};

START_TEST(a_list_is_sorted_as_the_other_side_sorts_it)
{
	char in[256], *save = NULL;

	flist_in_init(&l, orders[_i].version, false, false);
	ck_assert_int_eq(flist_in_begin(&l, -1), 0);
	strcpy(in, orders[_i].in);
	for (char *p = strtok_r(in, " ", &save); p != NULL; p = strtok_r(NULL, " ", &save))
		ck_assert_int_eq(add(p), 0);
	ck_assert_int_eq(flist_in_end(&l), 0);
	ck_assert_str_eq(shown(l.segments[0]), orders[_i].out);
	flist_in_done(&l);
}
END_TEST

static const struct { const char *path; bool relative; int r; const char *kept; } names[] = {
	{ "a", false, 0, "a" }, { "./a", false, 0, "a" }, { "a//b", false, 0, "a/b" }, { "a/./b", false, 0, "a/b" },
	{ "a/b///", false, 0, "a/b" }, { "...", false, 0, "..." }, { "..a/b..", false, 0, "..a/b.." }, { "..", false, E_FORMAT, NULL },
	{ "../a", false, E_FORMAT, NULL }, { "a/..", false, E_FORMAT, NULL }, { "a/../b", false, E_FORMAT, NULL }, { "a/../", false, E_FORMAT, NULL },
	{ "/a", false, E_FORMAT, NULL }, { "//a", false, E_FORMAT, NULL }, { "/a", true, 0, "a" }, { "//a/b", true, 0, "a/b" },
	{ "/..", true, E_FORMAT, NULL }, { "/a/../b", true, E_FORMAT, NULL }, { "a/.../b", true, 0, "a/.../b" },
};

START_TEST(a_name_leads_nowhere_else)
{
	char path[NAME_BYTES_MAX];

	flist_in_init(&l, 32, false, names[_i].relative);
	ck_assert_int_eq(flist_in_begin(&l, -1), 0);
	ck_assert_int_eq(add(names[_i].path), names[_i].r);
	if (names[_i].kept != NULL)
		ck_assert_str_eq(flist_in_path(added, path), names[_i].kept);
	else
		ck_assert_uint_eq(l.segments[0]->n, 0);
	flist_in_done(&l);
}
END_TEST

START_TEST(the_top_is_a_directory)
{
	flist_in_init(&l, 32, false, true);
	ck_assert_int_eq(flist_in_begin(&l, -1), 0);
	ck_assert_int_eq(add("."), E_FORMAT);
	ck_assert_int_eq(add("/"), 0);
	ck_assert_str_eq(added->name, ".");
	flist_in_done(&l);
}
END_TEST

START_TEST(a_segment_lists_its_directory_and_nothing_else)
{
	static const char *const outside[] = { "x", "d2/x", "d/e/x", "dd/x", "d", "d/.", "d/" };
	int32_t dir;

	flist_in_init(&l, 32, true, false);
	ck_assert_int_eq(flist_in_begin(&l, -1), 0);
	ck_assert_int_eq(add("./"), 0);
	ck_assert_int_eq(add("d/"), 0);
	ck_assert_int_eq(add("f"), 0);
	ck_assert_int_eq(flist_in_end(&l), 0);
	ck_assert_str_eq(shown(l.segments[0]), "./ f d/");
	ck_assert_int_eq(flist_in_begin(&l, 2), E_FORMAT);	/* no such directory */
	ck_assert_int_eq(flist_in_begin(&l, 0), E_FORMAT);	/* the first list is that of "." */
	ck_assert_int_eq(flist_in_begin(&l, INT32_MAX), E_FORMAT);
	ck_assert_int_eq(flist_in_begin(&l, 1), 0);
	for (size_t i = 0; i < ARRAY_LEN(outside); i++)
		ck_assert_msg(add(outside[i]) == E_FORMAT, "%s", outside[i]);
	ck_assert_int_eq(add("d/x"), 0);
	ck_assert_int_eq(add("d/e/"), 0);
	ck_assert_int_eq(flist_in_end(&l), 0);
	ck_assert_int_eq(flist_in_begin(&l, 1), E_FORMAT);	/* served */
	/* indices: the first list from 1 on, a gap before every segment */
	ck_assert_int_eq(l.segments[0]->first, 1);
	ck_assert_int_eq(l.segments[1]->first, 5);
	ck_assert_str_eq(flist_in_find(&l, 2, &dir)->name, "f");
	ck_assert_str_eq(flist_in_find(&l, 5, &dir)->name, "x");
	ck_assert_ptr_null(flist_in_find(&l, 4, &dir));
	ck_assert_int_eq(dir, 1);
	ck_assert_ptr_null(flist_in_find(&l, 7, &dir));
	ck_assert_int_eq(dir, -1);
	ck_assert_ptr_null(flist_in_find(&l, -1, &dir));
	ck_assert_ptr_null(flist_in_find(&l, INT32_MIN, &dir));
	ck_assert_ptr_null(flist_in_find(&l, INT32_MAX, &dir));
	ck_assert_str_eq(flist_in_find(&l, 0, &dir)->name, ".");
	flist_in_release(&l);
	ck_assert_ptr_null(flist_in_find(&l, 2, &dir));
	ck_assert_str_eq(flist_in_find(&l, 5, &dir)->name, "x");
	ck_assert_str_eq(flist_in_dir_of(&l, 2)->name, "e");
	ck_assert_ptr_null(flist_in_dir_of(&l, 3));
	flist_in_done(&l);
}
END_TEST

START_TEST(a_link_names_one_that_came_before)
{
	flist_in_init(&l, 32, false, false);
	ck_assert_int_eq(flist_in_begin(&l, -1), 0);
	ck_assert_int_eq(add("plain"), 0);
	ck_assert_int_eq(add_linked("one", 0, true, false), 0);
	ck_assert_int_eq(add_linked("two", 1, false, true), 0);
	ck_assert_ptr_nonnull(first);
	ck_assert_uint_eq(added->mode, S_IFREG | 0640);
	ck_assert_uint_eq(added->extra->group_ino, 1);
	ck_assert_int_eq(add_linked("three", 0, false, true), E_FORMAT);	/* that has no other names */
	ck_assert_int_eq(add_linked("four", 3, false, true), E_FORMAT);		/* itself */
	ck_assert_int_eq(add_linked("five", 4, false, true), E_FORMAT);
	ck_assert_int_eq(add_linked("six", INT32_MAX, false, true), E_FORMAT);
	ck_assert_int_eq(add_linked("seven", -1, false, true), E_FORMAT);
	ck_assert_int_eq(flist_in_end(&l), 0);
	flist_in_done(&l);
	flist_in_init(&l, 32, false, false);		/* the very first of a list is one as well */
	ck_assert_int_eq(flist_in_begin(&l, -1), 0);
	ck_assert_int_eq(add_linked("one", 0, true, false), 0);
	ck_assert_int_eq(add_linked("two", l.segments[0]->first, false, true), 0);
	ck_assert_int_eq(add_linked("three", l.segments[0]->first - 1, false, true), E_FORMAT);
	ck_assert_int_eq(flist_in_end(&l), 0);
	flist_in_done(&l);
}
END_TEST

START_TEST(names_are_found_whatever_their_type)
{
	const struct flist_segment *seg;

	flist_in_init(&l, 32, false, false);
	ck_assert_int_eq(flist_in_begin(&l, -1), 0);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(add((const char *const[]){ "./", "a", "d/", "d/a", "d/e/" }[i]), 0);
	ck_assert_int_eq(flist_in_end(&l), 0);
	seg = l.segments[0];
	ck_assert_ptr_nonnull(flist_in_lookup(seg, 32, "", "a"));
	ck_assert_ptr_nonnull(flist_in_lookup(seg, 32, "", "d"));
	ck_assert_ptr_nonnull(flist_in_lookup(seg, 32, "d", "a"));
	ck_assert_ptr_nonnull(flist_in_lookup(seg, 32, "d", "e"));
	ck_assert_ptr_null(flist_in_lookup(seg, 32, "d", "d"));
	ck_assert_ptr_null(flist_in_lookup(seg, 32, "", "e"));
	ck_assert_ptr_null(flist_in_lookup(seg, 32, "", "zz"));
	flist_in_done(&l);
}
END_TEST

START_TEST(directories_of_nothing_are_pruned)
{
	flist_in_init(&l, 32, false, false);
	ck_assert_int_eq(flist_in_begin(&l, -1), 0);
	for (int i = 0; i < 7; i++)
		ck_assert_int_eq(add((const char *const[]){ "./", "a/", "a/b/", "c/", "c/d/", "c/d/f", "e/" }[i]), 0);
	ck_assert_int_eq(flist_in_end(&l), 0);
	flist_in_prune(&l);
	ck_assert_str_eq(shown(l.segments[0]), "./ [a/] [a/b/] c/ c/d/ c/d/f [e/]");
	flist_in_done(&l);
}
END_TEST

START_TEST(a_missing_argument_is_only_one_where_it_was_asked_for)
{
	static struct flist_entry e = { .path = "gone" };

	for (int ok = 0; ok < 2; ok++) {
		flist_in_init(&l, 32, false, false);
		l.missing_ok = ok != 0;
		ck_assert_int_eq(flist_in_begin(&l, -1), 0);
		ck_assert_int_eq(flist_in_add(&l, &e, 0, &added, &first), ok ? 0 : E_FORMAT);
		flist_in_done(&l);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("syncd/push/flist_in");
	TCase *t = tcase_create("inlist");

	tcase_add_loop_test(t, a_list_is_sorted_as_the_other_side_sorts_it, 0, ARRAY_LEN(orders));
	tcase_add_loop_test(t, a_name_leads_nowhere_else, 0, ARRAY_LEN(names));
	tcase_add_test(t, the_top_is_a_directory);
	tcase_add_test(t, a_segment_lists_its_directory_and_nothing_else);
	tcase_add_test(t, a_link_names_one_that_came_before);
	tcase_add_test(t, names_are_found_whatever_their_type);
	tcase_add_test(t, directories_of_nothing_are_pruned);
	tcase_add_test(t, a_missing_argument_is_only_one_where_it_was_asked_for);
	suite_add_tcase(s, t);
	return unit_main(s);
}
