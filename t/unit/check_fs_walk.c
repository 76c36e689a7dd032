#include "syncd/fs/walk.h"

#include <errno.h>
#include <stdlib.h>

#include "t/unit/scratch.h"
#include "t/unit/unit.h"

static struct root root;

static void
setup(void)
{
	scratch_make();
	root.fd = scratch_fd;
}

START_TEST(every_name_comes_once)
{
	static char seen[3000];
	struct walk_item it;
	struct walk *w;
	char name[64];
	size_t n = 0;

	scratch_dir("d");
	for (int i = 0; i < 3000; i++) {	/* more than one batch */
		snprintf(name, sizeof name, "d/a-name-of-some-length-%04d", i);
		scratch_link("nowhere", name);
	}
	ck_assert_int_eq(walk_open(&root, "d", &w), 0);
	while (walk_next(w, &it)) {
		ck_assert(it.err == 0 && S_ISLNK(it.st.st_mode));
		ck_assert_int_eq(seen[atoi(it.name + 22)]++, 0);
		n++;
	}
	ck_assert_int_eq(walk_error(w), 0);
	ck_assert_uint_eq(n, 3000);
	ck_assert(!walk_next(w, &it));
	walk_close(w);
	walk_close(NULL);
}
END_TEST

START_TEST(an_empty_directory_has_no_names)
{
	struct walk_item it;
	struct walk *w;

	ck_assert_int_eq(walk_open(&root, "", &w), 0);
	ck_assert(!walk_next(w, &it) && walk_error(w) == 0);
	walk_close(w);
}
END_TEST

START_TEST(what_is_no_directory_below_the_root_is_not_walked)
{
	struct walk *w;

	scratch_file("f", "");
	scratch_link("/etc", "abs");
	scratch_link("..", "up");
	ck_assert_int_eq(walk_open(&root, "f", &w), -ENOTDIR);
	ck_assert_int_eq(walk_open(&root, "nothing", &w), -ENOENT);
	ck_assert_int_eq(walk_open(&root, "abs", &w), -EXDEV);
	ck_assert_int_eq(walk_open(&root, "up", &w), -EXDEV);
	ck_assert_int_eq(walk_open(&root, "..", &w), -EXDEV);
}
END_TEST

START_TEST(a_target_that_does_not_fit_is_an_error)
{
	struct walk *w;
	char dst[8];

	scratch_link("1234567", "fits");
	scratch_link("12345678", "long");
	scratch_file("file", "");
	ck_assert_int_eq(walk_open(&root, "", &w), 0);
	ck_assert_int_eq(walk_link(w, "fits", dst, sizeof dst), 7);
	ck_assert_str_eq(dst, "1234567");
	ck_assert_int_eq(walk_link(w, "long", dst, sizeof dst), -ENAMETOOLONG);
	ck_assert_int_eq(walk_link(w, "file", dst, sizeof dst), -EINVAL);
	ck_assert_int_eq(walk_link(w, "nothing", dst, sizeof dst), -ENOENT);
	walk_close(w);
}
END_TEST

START_TEST(what_vanishes_is_told_with_its_error)
{
	struct walk_item it;
	struct walk *w;
	int gone = 0;

	scratch_file("a", "");
	scratch_file("b", "");
	ck_assert_int_eq(walk_open(&root, "", &w), 0);
	ck_assert(walk_next(w, &it));
	unlinkat(scratch_fd, "a", 0);
	unlinkat(scratch_fd, "b", 0);
	while (walk_next(w, &it))
		gone += it.err == -ENOENT;
	ck_assert_int_eq(gone, 1);
	walk_close(w);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("syncd/fs/walk");
	TCase *t = tcase_create("walk");

	tcase_add_checked_fixture(t, setup, scratch_remove);
	tcase_add_test(t, every_name_comes_once);
	tcase_add_test(t, an_empty_directory_has_no_names);
	tcase_add_test(t, what_is_no_directory_below_the_root_is_not_walked);
	tcase_add_test(t, a_target_that_does_not_fit_is_an_error);
	tcase_add_test(t, what_vanishes_is_told_with_its_error);
	suite_add_tcase(s, t);
	return unit_main(s);
}
