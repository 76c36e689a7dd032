#include "syncd/fs/tree.h"

#include <errno.h>
#include <string.h>
#include <sys/file.h>

#include "lib/err.h"
#include "syncd/fs/fake.h"
#include "syncd/fs/meta.h"
#include "syncd/fs/stage.h"
#include "t/unit/scratch.h"
#include "t/unit/unit.h"

static struct root root;
static struct tree tree;
static struct stat st;

static void
setup(void)
{
	scratch_make();
	scratch_dir("m");
	scratch_dir("m/d");
	scratch_dir("m/d/e");
	scratch_dir("outside");
	scratch_file("outside/secret", "secret");
	scratch_file("m/f", "f");
	scratch_file("m/d/f", "df");
	scratch_link("../outside", "m/out");
	scratch_link("d", "m/in");
	scratch_link("f", "m/to_f");
	root.fd = openat(scratch_fd, "m", O_PATH | O_DIRECTORY | O_CLOEXEC);
	tree = (struct tree)TREE_INIT;
	ck_assert_int_eq(tree_open(&tree, &root, ""), 0);
}

static void
teardown(void)
{
	tree_done(&tree);
	close(root.fd);
	scratch_remove();
}

static bool
there(const char *name)
{
	return fstatat(scratch_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static const char *const bad_paths[] = { "..", "d/..", "../outside/secret", "d//", "d/.", "", "out/secret", "in/f", "/etc/passwd", "in/../f" };

START_TEST(no_path_leads_out)
{
	int fd = tree_open_file(&tree, bad_paths[_i], O_RDONLY, &st);

	ck_assert_int_lt(fd, 0);
	fd = tree_create(&tree, bad_paths[_i], 0600);
	ck_assert_int_lt(fd, 0);
	ck_assert_int_lt(tree_remove(&tree, bad_paths[_i], false), 0);
	ck_assert_int_lt(tree_mkdir(&tree, bad_paths[_i], 0700), 0);
	ck_assert_int_lt(tree_rename(&tree, "f", &tree, bad_paths[_i]), 0);
	ck_assert(there("outside/secret") && there("m/f") && there("m/d/f"));
}
END_TEST

START_TEST(a_link_to_a_directory_counts_only_where_it_was_asked_for)
{
	int fd;

	ck_assert_int_eq(tree_stat_dir(&tree, "in", &st), 0);
	ck_assert(S_ISLNK(st.st_mode));
	tree.links = true;
	ck_assert_int_eq(tree_stat_dir(&tree, "in", &st), 0);
	ck_assert(S_ISDIR(st.st_mode));
	ck_assert_int_eq(tree_stat_dir(&tree, "out", &st), 0);
	ck_assert(S_ISLNK(st.st_mode));		/* it leads out: it stays a link */
	fd = tree_open_file(&tree, "in/f", O_RDONLY, &st);
	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert_int_lt(tree_open_file(&tree, "out/secret", O_RDONLY, &st), 0);
	ck_assert_int_lt(tree_open_file(&tree, "to_f", O_RDONLY, &st), 0);
}
END_TEST

START_TEST(a_link_is_no_file)
{
	ck_assert_int_eq(tree_open_file(&tree, "to_f", O_RDONLY, &st), -ELOOP);
	ck_assert_int_eq(tree_open_file(&tree, "d", O_RDONLY, &st), -EINVAL);
	ck_assert_int_eq(tree_create(&tree, "to_f", 0600), -EEXIST);
	ck_assert_int_eq(tree_lstat(&tree, "to_f", &st), 0);
	ck_assert(S_ISLNK(st.st_mode));
}
END_TEST

START_TEST(a_held_directory_that_was_replaced_is_let_go)
{
	ck_assert_int_eq(tree_lstat(&tree, "d/e/x", &st), -ENOENT);	/* d/e is held now */
	ck_assert_int_eq(tree_remove(&tree, "d/e", true), 0);
	ck_assert_int_eq(tree_mkdir(&tree, "d/e", 0700), 0);
	close(tree_create(&tree, "d/e/x", 0600));
	ck_assert(there("m/d/e/x"));
	ck_assert_int_eq(tree_rename(&tree, "d", &tree, "moved"), 0);
	ck_assert_int_eq(tree_lstat(&tree, "d/e/x", &st), -ENOENT);
	ck_assert_int_eq(tree_lstat(&tree, "moved/e/x", &st), 0);
	ck_assert_int_eq(tree_mkdir(&tree, "d", 0700), 0);
	ck_assert_int_eq(tree_rename(&tree, "d", &tree, "moved2"), 0);
	ck_assert_int_eq(tree_lstat(&tree, "d/e/x", &st), -ENOENT);
}
END_TEST

/* A dry run over a million names below a directory that is not there asks once. */
START_TEST(what_is_absent_stays_so_where_nothing_is_made)
{
	for (int still = 0; still < 2; still++) {
		tree.still = still != 0;
		ck_assert_int_eq(tree_lstat(&tree, "new/sub/f", &st), -ENOENT);
		ck_assert_int_eq(tree_lstat(&tree, "new/f", &st), -ENOENT);
		scratch_dir("m/new");
		scratch_file("m/new/f", "");
		scratch_file("m/new2", "");
		ck_assert_int_eq(tree_lstat(&tree, "new/f", &st), still ? -ENOENT : 0);
		ck_assert_int_eq(tree_lstat(&tree, "new2", &st), 0);	/* a name that begins like it */
		ck_assert_int_eq(tree_lstat(&tree, "d/f", &st), 0);
		unlinkat(scratch_fd, "m/new/f", 0), unlinkat(scratch_fd, "m/new", AT_REMOVEDIR), unlinkat(scratch_fd, "m/new2", 0);
		tree_forget(&tree, "new");
	}
}
END_TEST

START_TEST(more_directories_than_are_held_are_no_matter)
{
	char path[64];

	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 3 * TREE_HELD; i++) {
			snprintf(path, sizeof path, "h%d", i);
			if (round == 0)
				ck_assert_int_eq(tree_mkdir(&tree, path, 0700), 0);
			strcat(path, "/x");
			ck_assert_int_eq(round == 0 ? close(tree_create(&tree, path, 0600)) : tree_lstat(&tree, path, &st), 0);
		}
}
END_TEST

START_TEST(something_gives_way_in_one_step)
{
	char target[64];

	ck_assert_int_eq(tree_symlink(&tree, "new", "f", false), -EEXIST);
	ck_assert_int_eq(tree_symlink(&tree, "new", "f", true), 0);
	ck_assert_int_eq(tree_readlink(&tree, "f", target, sizeof target), 3);
	ck_assert_str_eq(target, "new");
	ck_assert_int_eq(tree_readlink(&tree, "f", target, 3), -ENAMETOOLONG);
	ck_assert_int_eq(tree_mknod(&tree, "f", S_IFIFO | 0600, 0, true), 0);
	ck_assert_int_eq(tree_lstat(&tree, "f", &st), 0);
	ck_assert(S_ISFIFO(st.st_mode));
	ck_assert_int_eq(tree_link(&tree, "d/f", &tree, "f", true), 0);
	ck_assert_int_eq(tree_link(&tree, "d/f", &tree, "f", true), 0);		/* it is that file already */
	ck_assert_int_eq(tree_lstat(&tree, "f", &st), 0);
	ck_assert_uint_eq(st.st_nlink, 2);
	ck_assert_int_eq(tree_link(&tree, "to_f", &tree, "to_f2", false), 0);	/* the link, not where it leads */
	ck_assert_int_eq(tree_lstat(&tree, "to_f2", &st), 0);
	ck_assert(S_ISLNK(st.st_mode));
}
END_TEST

static void
count_made(void *arg, struct tree *t, const char *dir)
{
	struct stat made;
	int *told = arg;

	ck_assert(tree_lstat(t, dir, &made) == 0 && S_ISDIR(made.st_mode));
	(*told)++;
}

START_TEST(parents_are_made)
{
	int told = 0;

	ck_assert_int_eq(tree_mkparents(&tree, "p/q/r/file", 0700, count_made, &told), 3);
	ck_assert_int_eq(tree_mkparents(&tree, "p/q/r/file", 0700, count_made, &told), 0);
	ck_assert_int_eq(told, 3);
	ck_assert(there("m/p/q/r") && !there("m/p/q/r/file"));
	ck_assert_int_lt(tree_mkparents(&tree, "out/x/file", 0700, count_made, &told), 0);
	ck_assert(!there("outside/x"));
}
END_TEST

START_TEST(a_temporary_has_a_name_of_its_own)
{
	char path[TREE_PATH_SIZE], name[NAME_MAX + 1], longest[NAME_MAX + 1];
	int fd = stage_open(&tree, "d", "f", 0640, path);

	ck_assert_int_ge(fd, 0);
	ck_assert(strncmp(path, "d/.f.sp~", 8) == 0 && strlen(path) == 14);
	ck_assert_int_eq(tree_lstat(&tree, path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0640 & ~umask(0));
	close(fd);
	memset(longest, 'x', NAME_MAX);
	longest[NAME_MAX] = '\0';
	temp_name(&tree.random, longest, name);
	ck_assert_uint_le(strlen(name), NAME_MAX);
	ck_assert(temp_name_is(name));
	ck_assert_int_lt(stage_open(&tree, "out", "f", 0600, path), 0);
	ck_assert_int_eq(stage_open(&tree, "none", "f", 0600, path), -ENOENT);
}
END_TEST

static const struct { const char *name; bool ours; } stage_names[] = {
	{ ".f.sp~abcDE9", true }, { ".f.sp~abcde", false }, { ".f.sp~abcdeff", false }, { "f.sp~abcdef", false },
	{ ".f.sp~abc-ef", false }, { ".f.spx~abcdef", false }, { ".sp~abcdef", false }, { "", false }, { ".", false }, { ".f.abcdef", false },
};

START_TEST(temporaries_of_others_are_not_ours)
{
	ck_assert_msg(temp_name_is(stage_names[_i].name) == stage_names[_i].ours, "%s", stage_names[_i].name);
}
END_TEST

START_TEST(a_sweep_takes_what_is_old_and_nobodys)
{
	static const char *const names[] = { ".old.sp~abcdef", ".new.sp~abcdef", ".two.sp~abcdef", "kept" };
	const struct timespec old[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
	char held[TREE_PATH_SIZE], path[TREE_PATH_SIZE + 2];
	int fd = stage_open(&tree, "d", "held", 0600, held);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(futimens(fd, old), 0);	/* as of the file that it will replace */
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(path, sizeof path, "m/d/%s", names[i]);
		scratch_file(path, "x");
		if (i != 1)
			utimensat(scratch_fd, path, old, 0);
	}
	scratch_link("../../outside/secret", "m/d/.link.sp~abcdef");
	ck_assert_int_eq(linkat(scratch_fd, "m/d/.two.sp~abcdef", scratch_fd, "m/d/second", 0), 0);
	snprintf(path, sizeof path, "m/%s", held);
	ck_assert_int_eq(stage_sweep(&tree, "d"), 1);
	ck_assert(!there("m/d/.old.sp~abcdef") && there("m/d/.new.sp~abcdef") && there(path) &&
	    there("m/d/.two.sp~abcdef") && there("m/d/kept") && there("m/d/.link.sp~abcdef") && there("outside/secret"));
	close(fd);
	ck_assert_int_eq(stage_sweep(&tree, "d"), 1);
	ck_assert_int_lt(stage_sweep(&tree, "out"), 0);
}
END_TEST

START_TEST(what_is_kept_for_show_is_set_under_no_other_name)
{
	struct attr_of of = { .fd = -1, .dir = root.fd, .name = "f", .fake = true };
	struct stat real, shown;
	struct buf names = BUF_INIT;

	ck_assert_int_eq(fstatat(root.fd, "f", &real, AT_SYMLINK_NOFOLLOW), 0);
	ck_assert_int_eq(attr_set(&of, "%stat", "100777 0,0 7:7", 14), -ERANGE);
	shown = real;
	fake_show(&of, &shown);
	ck_assert_uint_eq(shown.st_uid, real.st_uid);
	if (attr_set(&of, ATTR_FAKE_STAT, "20644 1,3 7:8", 13) != 0)
		return;		/* no extended attributes on this file system */
	fake_show(&of, &shown);
	ck_assert(S_ISCHR(shown.st_mode) && shown.st_uid == 7 && shown.st_gid == 8);
	ck_assert_int_eq(attr_set(&of, "trusted.x", "1", 1), 0);
	ck_assert_int_eq(attr_names(&of, &names), 0);
	ck_assert_uint_eq(buf_len(&names), sizeof "trusted.x");
	ck_assert_str_eq((const char *)buf_head(&names), "trusted.x");
	buf_done(&names);
	for (const char *const *text = (const char *const[]){ "40755 0,0 0:0", "garbage", "100644 0,0 0:0 ", "7100644 0,0 0:0", "", NULL };
	    *text != NULL; text++) {
		ck_assert_int_eq(attr_set(&of, ATTR_FAKE_STAT, *text, strlen(*text)), 0);
		shown = real;
		fake_show(&of, &shown);
		ck_assert_uint_eq(shown.st_mode, real.st_mode);
	}
}
END_TEST

START_TEST(attributes_are_those_of_the_name_and_not_of_a_links_target)
{
	const struct meta m = { .set_mode = true, .mode = 0600, .set_mtime = true, .mtime = { 12345, 6 } },
	    times = { .set_mtime = true, .mtime = { 777, 0 } };
	const char *what;
	struct at_path at;

	ck_assert_int_eq(tree_at_path(&tree, "d/f", &at), 0);
	ck_assert_int_eq(meta_set(-1, &at, &m, &what), 0);
	ck_assert(there("m/d/f"));
	ck_assert((st.st_mode & 07777) == 0600 && st.st_mtim.tv_sec == 12345 && st.st_mtim.tv_nsec == 6);
	ck_assert_int_eq(tree_at_path(&tree, "to_f", &at), 0);
	ck_assert_int_eq(meta_set(-1, &at, &times, &what), 0);
	ck_assert(there("m/f") && st.st_mtim.tv_sec != 777);
	ck_assert(there("m/to_f") && st.st_mtim.tv_sec == 777);
	ck_assert_int_ne(meta_set(-1, &at, &m, &what), 0);
	ck_assert(there("m/f") && (st.st_mode & 07777) == 0644);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("syncd/fs/tree");
	TCase *t = tcase_create("tree");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, no_path_leads_out, 0, ARRAY_LEN(bad_paths));
	tcase_add_test(t, a_link_to_a_directory_counts_only_where_it_was_asked_for);
	tcase_add_test(t, a_link_is_no_file);
	tcase_add_test(t, a_held_directory_that_was_replaced_is_let_go);
	tcase_add_test(t, what_is_absent_stays_so_where_nothing_is_made);
	tcase_add_test(t, more_directories_than_are_held_are_no_matter);
	tcase_add_test(t, something_gives_way_in_one_step);
	tcase_add_test(t, parents_are_made);
	tcase_add_test(t, a_temporary_has_a_name_of_its_own);
	tcase_add_loop_test(t, temporaries_of_others_are_not_ours, 0, ARRAY_LEN(stage_names));
	tcase_add_test(t, a_sweep_takes_what_is_old_and_nobodys);
	tcase_add_test(t, what_is_kept_for_show_is_set_under_no_other_name);
	tcase_add_test(t, attributes_are_those_of_the_name_and_not_of_a_links_target);
	suite_add_tcase(s, t);
	return unit_main(s);
}
