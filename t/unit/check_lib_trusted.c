#include "lib/trusted.h"

#include <errno.h>
#include <limits.h>

#include "t/unit/scratch.h"
#include "t/unit/unit.h"

static int
dir_at(const char *name)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof path, "%s/%s", scratch, name);
	if ((fd = trusted_dir(path)) >= 0)
		close(fd);
	return fd >= 0 ? 0 : fd;
}

static int
file_at(const char *name, int flags)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof path, "%s/%s", scratch, name);
	if ((fd = trusted_file(path, flags, 0600)) >= 0)
		close(fd);
	return fd >= 0 ? 0 : fd;
}

START_TEST(our_own_links_are_followed)
{
	scratch_dir("d");
	scratch_dir("d/e");
	scratch_link("d", "link");
	scratch_link("../d/e", "d/rel");
	scratch_link(scratch, "d/abs");
	ck_assert_int_eq(dir_at("d/e"), 0);
	ck_assert_int_eq(dir_at("link/e"), 0);
	ck_assert_int_eq(dir_at("link/rel"), 0);
	ck_assert_int_eq(dir_at("link/abs/link/abs/d/../link/e"), 0);
	ck_assert_int_eq(dir_at("d//e///"), 0);
}
END_TEST

START_TEST(what_is_no_directory_is_refused)
{
	char path[2 * PATH_MAX];

	scratch_file("f", "");
	scratch_link("loop", "loop");
	scratch_link("nothing", "dangling");
	ck_assert_int_eq(dir_at("f"), -ENOTDIR);
	ck_assert_int_eq(dir_at("f/x"), -ENOTDIR);
	ck_assert_int_eq(dir_at("nothing"), -ENOENT);
	ck_assert_int_eq(dir_at("dangling"), -ENOENT);
	ck_assert_int_eq(dir_at("loop"), -ELOOP);
	ck_assert_int_eq(trusted_dir("relative"), -ENOENT);
	ck_assert_int_eq(trusted_dir(""), -ENOENT);
	memset(path, '/', sizeof path);
	path[PATH_MAX] = '\0';
	ck_assert_int_eq(trusted_dir(path), -ENAMETOOLONG);
	memset(path + 1, 'x', 300);
	path[301] = '\0';
	ck_assert_int_lt(trusted_dir(path), 0);
}
END_TEST

START_TEST(a_link_that_another_planted_is_not)
{
	if (geteuid() != 0)
		return;
	scratch_dir("d");
	scratch_file("d/f", "");
	scratch_link("d", "theirs");
	ck_assert_int_eq(fchownat(scratch_fd, "theirs", 1234, 1234, AT_SYMLINK_NOFOLLOW), 0);
	ck_assert_int_eq(dir_at("theirs"), -ELOOP);
	ck_assert_int_eq(file_at("theirs/f", O_RDONLY), -ELOOP);
	scratch_link("theirs", "ours");		/* nor at the end of one of ours */
	ck_assert_int_eq(dir_at("ours"), -ELOOP);
}
END_TEST

START_TEST(nor_in_the_place_of_the_file_itself)
{
	if (geteuid() != 0)
		return;
	scratch_file("f", "");
	scratch_link("f", "theirs");
	ck_assert_int_eq(fchownat(scratch_fd, "theirs", 1234, 1234, AT_SYMLINK_NOFOLLOW), 0);
	ck_assert_int_eq(file_at("theirs", O_RDONLY), -ELOOP);
	ck_assert_int_eq(file_at("theirs", O_WRONLY | O_APPEND | O_CREAT), -ELOOP);
	scratch_link("theirs", "ours");
	ck_assert_int_eq(file_at("ours", O_RDONLY), -ELOOP);
}
END_TEST

START_TEST(what_is_no_file_is_not_waited_for)
{
	ck_assert_int_eq(mkfifoat(scratch_fd, "fifo", 0600), 0);
	ck_assert_int_eq(file_at("fifo", O_RDONLY), -ENOTSUP);
	ck_assert_int_eq(file_at("fifo", O_WRONLY), -ENXIO);
	scratch_dir("d");
	ck_assert_int_eq(file_at("d", O_RDONLY), -ENOTSUP);
	ck_assert_int_ge(trusted_file("/dev/null", O_WRONLY | O_APPEND, 0), 0);
	ck_assert_int_ge(trusted_file("/dev/stdin", O_RDONLY, 0), 0);
}
END_TEST

START_TEST(a_parent_is_walked_like_any_directory)
{
	char path[PATH_MAX], leaf[NAME_MAX + 1];
	int fd;

	scratch_dir("d");
	scratch_link("d", "l");
	scratch_link("nowhere", "d/leaf");
	snprintf(path, sizeof path, "%s/l//leaf", scratch);
	ck_assert_int_ge(fd = trusted_parent(path, leaf), 0);
	ck_assert_str_eq(leaf, "leaf");
	close(fd);
	ck_assert_int_eq(trusted_parent("/", leaf) >= 0, 1);
	ck_assert_str_eq(leaf, ".");
	if (geteuid() == 0)
		ck_assert_int_eq(fchownat(scratch_fd, "l", 1234, 1234, AT_SYMLINK_NOFOLLOW), 0);
	ck_assert_int_eq(trusted_parent(path, leaf) == -ELOOP, geteuid() == 0);
}
END_TEST

START_TEST(a_file_is_opened_through_a_link_of_ours)
{
	scratch_dir("d");
	scratch_file("d/f", "");
	scratch_link("d/f", "l");
	scratch_link("d", "dl");
	ck_assert_int_eq(file_at("d/f", O_RDONLY), 0);
	ck_assert_int_eq(file_at("dl/f", O_RDONLY), 0);
	ck_assert_int_eq(file_at("l", O_RDONLY), 0);
	scratch_link("dl/made", "d/to");
	scratch_link("d/to", "further");
	ck_assert_int_eq(file_at("further", O_RDONLY), -ENOENT);
	scratch_link("loop2", "loop1");
	scratch_link("loop1", "loop2");
	ck_assert_int_eq(file_at("loop1", O_RDONLY), -ELOOP);
	ck_assert_int_eq(file_at("new", O_RDWR | O_CREAT), 0);
	ck_assert_int_eq(file_at("new", O_RDWR | O_CREAT | O_EXCL), -EEXIST);
	ck_assert_int_eq(file_at("no/new", O_RDWR | O_CREAT), -ENOENT);
	ck_assert_int_eq(file_at("d", O_RDWR), -EISDIR);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("lib/trusted");
	TCase *t = tcase_create("trusted");

	tcase_add_checked_fixture(t, scratch_make, scratch_remove);
	tcase_add_test(t, our_own_links_are_followed);
	tcase_add_test(t, what_is_no_directory_is_refused);
	tcase_add_test(t, a_link_that_another_planted_is_not);
	tcase_add_test(t, nor_in_the_place_of_the_file_itself);
	tcase_add_test(t, what_is_no_file_is_not_waited_for);
	tcase_add_test(t, a_parent_is_walked_like_any_directory);
	tcase_add_test(t, a_file_is_opened_through_a_link_of_ours);
	suite_add_tcase(s, t);
	return unit_main(s);
}
