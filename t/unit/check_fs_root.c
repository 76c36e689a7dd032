#include "syncd/fs/root.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "lib/err.h"
#include "t/unit/scratch.h"
#include "t/unit/unit.h"

static struct root root;

/* out/secret lies outside; in/ is the root. */
static void
setup(void)
{
	scratch_make();
	scratch_dir("out");
	scratch_file("out/secret", "secret");
	scratch_dir("in");
	scratch_dir("in/d");
	scratch_file("in/d/f", "inside");
	scratch_link("d/f", "in/link");
	scratch_link("../../in/d/f", "in/d/through_outside");
	scratch_link("../d/f", "in/d/up");
	scratch_link("../out/secret", "in/escape");
	scratch_link("../out", "in/escape_dir");
	scratch_link("/etc/passwd", "in/absolute");
	scratch_link("/", "in/slash");
	scratch_link("loop", "in/loop");
	scratch_link("nothing", "in/dangling");
	scratch_link("d", "in/dirlink");
	scratch_link("/proc/self/root", "in/magic");
	ck_assert_int_eq(mkfifoat(scratch_fd, "in/fifo", 0644), 0);
	root.fd = openat(scratch_fd, "in", O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(root.fd, 0);
}

static void
teardown(void)
{
	close(root.fd);
	scratch_remove();
}

static const struct { const char *path; int nofollow, follow; } rows[] = {	/* 0: opens */
	{ "", 0, 0 }, { ".", 0, 0 }, { "d/f", 0, 0 }, { "d//f", 0, 0 }, { "d/./f", 0, 0 }, { "d/../d/f", 0, 0 },
	{ "..", -EXDEV, -EXDEV }, { "../in/d/f", -EXDEV, -EXDEV }, { "d/../../out/secret", -EXDEV, -EXDEV },
	{ "/etc/passwd", -EXDEV, -EXDEV }, { "/", -EXDEV, -EXDEV },
	{ "link", -ELOOP, 0 }, { "d/up", -ELOOP, 0 }, { "d/through_outside", -ELOOP, -EXDEV },
	{ "escape", -ELOOP, -EXDEV }, { "escape_dir/secret", -EXDEV, -EXDEV }, { "absolute", -ELOOP, -EXDEV },
	{ "slash/etc/passwd", -EXDEV, -EXDEV }, { "loop", -ELOOP, -ELOOP }, { "dangling", -ELOOP, -ENOENT },
	{ "dirlink/f", 0, 0 }, { "nothing", -ENOENT, -ENOENT }, { "d/f/x", -ENOTDIR, -ENOTDIR }, { "magic/etc/passwd", -EXDEV, -EXDEV },
};

START_TEST(nothing_outside_can_be_opened)
{
	int a = root_open(&root, rows[_i].path, O_RDONLY), b = root_open_follow(&root, rows[_i].path, O_RDONLY);
	struct stat st;

	ck_assert_msg(rows[_i].nofollow == 0 ? a >= 0 : a == rows[_i].nofollow, "\"%s\": %d", rows[_i].path, a);
	ck_assert_msg(rows[_i].follow == 0 ? b >= 0 : b == rows[_i].follow, "\"%s\" followed: %d", rows[_i].path, b);
	if (b >= 0)
		ck_assert(fcntl(b, F_GETFD) & FD_CLOEXEC);
	ck_assert_msg((root_stat(&root, rows[_i].path, 1, &st) == 0) == (rows[_i].follow == 0), "stat \"%s\"", rows[_i].path);
	close(a);
	close(b);
}
END_TEST

START_TEST(a_link_is_seen_as_a_link)
{
	struct stat st;

	ck_assert_int_eq(root_stat(&root, "absolute", 0, &st), 0);
	ck_assert(S_ISLNK(st.st_mode));
	ck_assert_int_eq(root_stat(&root, "link", 1, &st), 0);
	ck_assert(S_ISREG(st.st_mode) && st.st_size == 6);
}
END_TEST

static const struct { const char *dir, *name; int r; } files[] = {
	{ "d", "f", 0 }, { "dirlink", "f", 0 }, { "", "link", -ELOOP }, { "", "escape", -ELOOP }, { "", "absolute", -ELOOP },
	{ "", "fifo", -EINVAL }, { "", "d", -EINVAL }, { "d", "..", -EINVAL }, { "d", ".", -EINVAL }, { "", "d/f", -EINVAL },
	{ "", "", -EINVAL }, { "..", "out", -EXDEV }, { "escape_dir", "secret", -EXDEV }, { "nothing", "f", -ENOENT }, { "d", "nothing", -ENOENT },
	{ "slash", "etc", -EXDEV },
};

START_TEST(data_comes_from_regular_files_below_the_root_alone)
{
	struct opener o = OPENER_INIT(&root);
	struct stat st;
	int fd = opener_file(&o, files[_i].dir, files[_i].name, &st);

	ck_assert_msg(files[_i].r == 0 ? fd >= 0 && st.st_size == 6 : fd == files[_i].r, "\"%s\" \"%s\": %d", files[_i].dir, files[_i].name, fd);
	close(fd);
	fd = opener_file(&o, "d", "f", &st);		/* it goes on with another directory */
	ck_assert_int_ge(fd, 0);
	close(fd);
	opener_done(&o);
	opener_done(&o);
}
END_TEST

START_TEST(a_followed_file_is_one_below_the_root)
{
	struct opener o = OPENER_INIT(&root);
	struct stat st;
	int fd = opener_followed(&o, "", "link", &st);

	ck_assert(fd >= 0 && st.st_size == 6);
	close(fd);
	ck_assert_int_eq(opener_followed(&o, "", "escape", &st), -EXDEV);
	ck_assert_int_eq(opener_followed(&o, "", "absolute", &st), -EXDEV);
	ck_assert_int_eq(opener_followed(&o, "", "fifo", &st), -EINVAL);
	ck_assert_int_eq(opener_followed(&o, "", "dirlink", &st), -EINVAL);
	opener_done(&o);
}
END_TEST

START_TEST(a_text_is_bounded_and_has_no_nul)
{
	char *text = root_read_text(&root, "d/f", 6);
	int fd;

	ck_assert_str_eq(text, "inside");
	free(text);
	ck_assert_ptr_null(root_read_text(&root, "d/f", 5));
	ck_assert_ptr_null(root_read_text(&root, "d", 100));
	ck_assert_ptr_null(root_read_text(&root, "fifo", 100));
	ck_assert_ptr_null(root_read_text(&root, "escape", 100));
	ck_assert_ptr_null(root_read_text(&root, "nothing", 100));
	fd = openat(scratch_fd, "in/nul", O_WRONLY | O_CREAT, 0644);
	ck_assert_int_eq(write(fd, "a\0b", 3), 3);
	close(fd);
	ck_assert_ptr_null(root_read_text(&root, "nul", 100));
	scratch_file("in/empty", "");
	text = root_read_text(&root, "empty", 0);
	ck_assert_str_eq(text, "");
	free(text);
}
END_TEST

/* Change one thing of what is known of d/f: it is not removed, and stays. */
static void
differ(struct stat *was, int what)
{
	switch (what) {
	case 0: was->st_dev++; break;
	case 1: was->st_ino++; break;
	case 2: was->st_mode = S_IFLNK | 0777; break;
	case 3: was->st_size++; break;
	case 4: was->st_mtim.tv_sec++; break;
	case 5: was->st_mtim.tv_nsec ^= 1; break;
	}
}

START_TEST(only_the_very_file_is_removed)
{
	struct opener o = OPENER_INIT(&root);
	struct stat was, st;

	ck_assert_int_eq(root_stat(&root, "d/f", 0, &was), 0);
	for (int i = 0; i < 6; i++) {
		st = was;
		differ(&st, i);
		ck_assert_msg(opener_remove(&o, "d", "f", &st) == -ESTALE, "difference %d", i);
	}
	ck_assert_int_eq(opener_remove(&o, "d", "", &was), -EINVAL);
	ck_assert_int_eq(opener_remove(&o, "", "d/f", &was), -EINVAL);
	ck_assert_int_eq(opener_remove(&o, "d", "nothing", &was), -ENOENT);
	ck_assert_int_eq(root_stat(&root, "d", 0, &st), 0);
	ck_assert_int_eq(opener_remove(&o, "", "d", &st), -ESTALE);	/* never a directory */
	ck_assert_int_eq(opener_remove(&o, "d", "f", &was), 0);
	ck_assert_int_eq(root_stat(&root, "d/f", 0, &st), -ENOENT);
	ck_assert_int_eq(root_stat(&root, "link", 0, &was), 0);
	was.st_size = 0;						/* which says nothing of a link */
	ck_assert_int_eq(opener_remove(&o, "", "link", &was), 0);
	opener_done(&o);
}
END_TEST

START_TEST(what_is_strict_goes_through_no_link)
{
	struct opener o = OPENER_INIT(&root), strict = { .root = &root, .fd = -1, .strict = true };
	struct stat was;

	ck_assert_int_eq(root_stat(&root, "d/f", 0, &was), 0);
	ck_assert_int_eq(opener_remove(&strict, "dirlink", "f", &was), -ELOOP);
	ck_assert_int_eq(opener_dir(&strict, "dirlink"), -ELOOP);
	ck_assert_int_ge(opener_dir(&o, "dirlink"), 0);
	ck_assert_int_eq(opener_dir(&o, "nothing"), -ENOENT);
	ck_assert_int_ge(opener_dir(&o, "d"), 0);		/* another one, and that one again */
	ck_assert_int_eq(opener_dir(&o, "d"), o.fd);
	ck_assert_int_eq(opener_remove(&strict, "d", "f", &was), 0);
	opener_done(&o);
	opener_done(&strict);
}
END_TEST

START_TEST(what_is_read_may_be_as_large_as_is_said)
{
	size_t n = 9;
	char *bytes = root_read_bytes(&root, "d/f", 6, &n);

	ck_assert(n == 6 && memcmp(bytes, "inside", 7) == 0);
	free(bytes);
	ck_assert_ptr_null(root_read_bytes(&root, "d/f", 5, &n));
	ck_assert_ptr_null(root_read_bytes(&root, "d/f", 0, &n));
	ck_assert_ptr_null(root_read_bytes(&root, "nothing", 6, &n));
	ck_assert(root_readable(&root, "d/f") && root_readable(&root, "") && !root_readable(&root, "nothing"));
	ck_assert(!root_readable(&root, "escape") && root_readable(&root, "link"));
}
END_TEST

static const struct { const char *path, *out; int r; } owned[] = {
	{ "", "", 0 }, { "d/f", "d/f", 0 }, { "link", "d/f", 0 }, { "dirlink/f", "d/f", 0 }, { "d/up", "d/f", 0 }, { "nothing/x", "nothing/x", 0 },
	{ "dirlink/new/x", "d/new/x", 0 }, { "dangling", "nothing", 0 }, { "./d//f", "d/f", 0 }, { "dirlink/../d/f", "d/f", 0 },
	{ "absolute", NULL, -EXDEV }, { "slash/etc", NULL, -EXDEV }, { "escape", NULL, -EXDEV }, { "..", NULL, -EXDEV }, { "loop", NULL, -ELOOP },
	{ "d/through_outside", NULL, -EXDEV }, { "d/f/x", NULL, -ENOTDIR },
};

START_TEST(a_path_is_spelled_without_its_links)
{
	char out[64];
	int r = root_owned_path(&root, owned[_i].path, getuid(), out, sizeof out);

	ck_assert_msg(r == owned[_i].r, "\"%s\": %d", owned[_i].path, r);
	ck_assert_msg(r != 0 || strcmp(out, owned[_i].out) == 0, "\"%s\": \"%s\"", owned[_i].path, out);
}
END_TEST

START_TEST(links_of_others_are_not_followed)
{
	char out[64], *text;

	if (getuid() != 0)
		return;
	ck_assert_int_eq(fchownat(scratch_fd, "in/dirlink", 1234, 1234, AT_SYMLINK_NOFOLLOW), 0);
	ck_assert_int_eq(root_owned_path(&root, "dirlink/f", 0, out, sizeof out), -ELOOP);
	ck_assert_int_eq(root_owned_path(&root, "dirlink", 1235, out, sizeof out), -ELOOP);
	ck_assert_int_eq(root_owned_path(&root, "dirlink/f", 1234, out, sizeof out), 0);
	ck_assert_int_eq(root_owned_path(&root, "link", 1234, out, sizeof out), 0);	/* root's are everybody's */
	ck_assert_int_eq(root_owned_path(&root, "d/f", 0, out, 4), 0);
	ck_assert_int_eq(root_owned_path(&root, "d/f", 0, out, 3), -ENAMETOOLONG);
	ck_assert_ptr_null(root_read_text_strict(&root, "dirlink/f", 100));
	ck_assert_ptr_nonnull(text = root_read_text_strict(&root, "d/f", 100));
	free(text);
}
END_TEST

START_TEST(descriptor_nought_is_one_like_others)
{
	struct opener o = OPENER_INIT(&root);
	struct stat st;
	size_t n;
	char *text;
	int fd;

	close(0);
	ck_assert_int_eq(root_stat(&root, "d/f", 0, &st), 0);
	ck_assert_int_eq(st.st_size, 6);
	ck_assert(root_readable(&root, "d/f"));
	ck_assert_ptr_nonnull(text = root_read_bytes(&root, "d/f", 6, &n));
	free(text);
	ck_assert_int_eq(fd = root_open(&root, "d/f", O_RDONLY), 0);	/* and all of them gave it back */
	close(fd);
	ck_assert_int_eq(opener_followed(&o, "d", "f", &st), 0);
	close(0);
	ck_assert_int_eq(opener_dir(&o, "d"), 0);
	ck_assert_int_gt(opener_file(&o, "d", "f", &st), 0);
	opener_done(&o);
	ck_assert_int_eq(opener_dir(&o, ""), 0);
	opener_done(&o);
	ck_assert_int_eq(root_open_follow(&root, "d", O_PATH), 0);
}
END_TEST

static atomic_bool over;

/* A directory that is now a directory, now a link to the outside; a file likewise. */
static void *
flip(void *arg)
{
	(void)arg;
	while (!over) {
		renameat2(scratch_fd, "in/x", scratch_fd, "in/y", RENAME_EXCHANGE);
		renameat2(scratch_fd, "in/x/secret", scratch_fd, "in/x/other", RENAME_EXCHANGE);
		renameat2(scratch_fd, "in/v/w", scratch_fd, "in/w", RENAME_NOREPLACE);
		renameat2(scratch_fd, "in/w", scratch_fd, "in/v/w", RENAME_NOREPLACE);
	}
	return NULL;
}

START_TEST(what_is_handed_to_the_closer_is_closed_and_nothing_else)
{
	struct closer c = { .n = 0 };
	int fds[CLOSER_MAX + 3];

	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		ck_assert_int_ge(fds[i] = root_open(&root, "d/f", O_RDONLY), 0);
	closer_add(&c, -1);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		if (i != 2 && i != ARRAY_LEN(fds) - 1)
			closer_add(&c, fds[i]);
	closer_flush(&c);
	closer_flush(&c);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		ck_assert_int_eq(fcntl(fds[i], F_GETFD) >= 0, i == 2 || i == ARRAY_LEN(fds) - 1);
	close(fds[2]);
	close(fds[ARRAY_LEN(fds) - 1]);
}
END_TEST

START_TEST(flips_of_a_second_thread_never_lead_out)
{
	static const char *const dirs[] = { "x", "x/../x", "v/w/../../x", "v/w", "v/w/.." };
	struct opener o = OPENER_INIT(&root);
	struct timespec t0, t1;
	unsigned opened = 0;
	pthread_t thread;
	struct stat st;
	char text[16];

	scratch_dir("in/x");
	scratch_file("in/x/secret", "inside");
	scratch_link("/etc/passwd", "in/x/other");
	scratch_link("../out", "in/y");
	scratch_dir("in/v");
	scratch_dir("in/v/w");
	scratch_file("in/v/secret", "inside");
	scratch_file("in/v/w/secret", "inside");
	scratch_file("in/secret", "inside");
	over = false;
	ck_assert_int_eq(pthread_create(&thread, NULL, flip, NULL), 0);
	clock_gettime(CLOCK_MONOTONIC, &t0);
	do {
		for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
			char path[64];
			int fd;

			opener_done(&o);
			for (int how = 0; how < 3; how++) {
				snprintf(path, sizeof path, "%s/secret", dirs[i]);
				fd = how == 0 ? opener_file(&o, dirs[i], "secret", &st) : how == 1 ?
				    opener_followed(&o, dirs[i], "secret", &st) : root_open_follow(&root, path, O_RDONLY);
				if (fd < 0)
					continue;
				ck_assert_int_eq(read(fd, text, sizeof text), 6);
				ck_assert(memcmp(text, "inside", 6) == 0);
				close(fd);
				opened++;
			}
		}
		clock_gettime(CLOCK_MONOTONIC, &t1);
	} while ((t1.tv_sec - t0.tv_sec) * 1000 + (t1.tv_nsec - t0.tv_nsec) / 1000000 < 1000);
	over = true;
	pthread_join(thread, NULL);
	opener_done(&o);
	ck_assert_uint_gt(opened, 100);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("syncd/fs/root");
	TCase *t = tcase_create("root");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 20);
	tcase_add_loop_test(t, nothing_outside_can_be_opened, 0, ARRAY_LEN(rows));
	tcase_add_test(t, a_link_is_seen_as_a_link);
	tcase_add_loop_test(t, data_comes_from_regular_files_below_the_root_alone, 0, ARRAY_LEN(files));
	tcase_add_test(t, a_followed_file_is_one_below_the_root);
	tcase_add_test(t, a_text_is_bounded_and_has_no_nul);
	tcase_add_test(t, only_the_very_file_is_removed);
	tcase_add_test(t, what_is_strict_goes_through_no_link);
	tcase_add_test(t, what_is_read_may_be_as_large_as_is_said);
	tcase_add_loop_test(t, a_path_is_spelled_without_its_links, 0, ARRAY_LEN(owned));
	tcase_add_test(t, links_of_others_are_not_followed);
	tcase_add_test(t, descriptor_nought_is_one_like_others);
	tcase_add_test(t, what_is_handed_to_the_closer_is_closed_and_nothing_else);
	tcase_add_test(t, flips_of_a_second_thread_never_lead_out);
	suite_add_tcase(s, t);
	return unit_main(s);
}
