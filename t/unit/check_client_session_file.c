#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <utime.h>

#include "client-wrap/session_file.h"
#include "lib/err.h"
#include "t/unit/scratch.h"
#include "t/unit/unit.h"

static const uint8_t scope[SESSION_SCOPE] = { 0xab };
static char name[2 * SESSION_SCOPE + 1];

static int
open_dir(void)
{
	setenv("XDG_CACHE_HOME", scratch, 1);
	return session_dir();
}

static int
kept(void)
{
	int dir = open_dir();

	ck_assert_int_ge(dir, 0);
	ck_assert_int_eq(session_put(dir, scope, (const uint8_t *)"bytes", 5), 0);
	for (int i = 0; i < SESSION_SCOPE; i++)
		snprintf(name + 2 * i, 3, "%02x", scope[i]);
	return dir;
}

START_TEST(a_session_is_used_once)
{
	int dir = kept();
	struct buf got = BUF_INIT;
	struct stat st;

	ck_assert_int_eq(fstatat(dir, name, &st, 0), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	ck_assert_int_eq(fstat(dir, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0700);
	ck_assert_int_eq(session_take(dir, scope, &got), 0);
	ck_assert_uint_eq(buf_len(&got), 5);
	ck_assert_int_eq(session_take(dir, scope, &got), -ENOENT);
	buf_done(&got);
	close(dir);
}
END_TEST

enum spoil { WORLD_READABLE, ANOTHERS, A_LINK, A_DIRECTORY, A_FIFO, TWO_NAMES, TOO_LARGE };

static void
spoil(int dir, enum spoil how)
{
	if (how == WORLD_READABLE)
		ck_assert_int_eq(fchmodat(dir, name, 0644, 0), 0);
	if (how == ANOTHERS)
		ck_assert_int_eq(fchownat(dir, name, 65534, 65534, 0), 0);
	if (how == TWO_NAMES)
		ck_assert_int_eq(linkat(dir, name, dir, "other", 0), 0);
	if (how == TOO_LARGE)
		ck_assert_int_eq(truncate(name, SESSION_FILE_MAX + 1), 0);
	if (how != A_LINK && how != A_DIRECTORY && how != A_FIFO)
		return;
	ck_assert_int_eq(renameat(dir, name, dir, "other"), 0);
	if (how == A_LINK)
		ck_assert_int_eq(symlinkat("other", dir, name), 0);
	else if (how == A_DIRECTORY)
		ck_assert_int_eq(mkdirat(dir, name, 0700), 0);
	else
		ck_assert_int_eq(mkfifoat(dir, name, 0600), 0);
}

START_TEST(a_file_that_is_not_ours_alone_is_not_used)
{
	int dir = kept();
	struct buf got = BUF_INIT;

	if (_i == ANOTHERS && geteuid() != 0)
		return;
	ck_assert_int_eq(fchdir(dir), 0);
	spoil(dir, (enum spoil)_i);
	ck_assert_int_lt(session_take(dir, scope, &got), 0);
	if (_i != TOO_LARGE)
		ck_assert_uint_eq(buf_len(&got), 0);
	if (_i != A_DIRECTORY)
		ck_assert_int_eq(session_take(dir, scope, &got), -ENOENT);
	buf_done(&got);
	ck_assert_int_eq(chdir("/"), 0);
	close(dir);
}
END_TEST

START_TEST(a_directory_that_others_may_enter_is_not_used)
{
	close(kept());
	ck_assert_int_eq(fchmodat(scratch_fd, "sallyport/sessions", 0755, 0), 0);
	ck_assert_int_eq(open_dir(), -EPERM);
}
END_TEST

START_TEST(a_link_in_its_place_is_not_followed)
{
	close(kept());
	ck_assert_int_eq(renameat(scratch_fd, "sallyport", scratch_fd, "moved"), 0);
	scratch_link("moved", "sallyport");
	ck_assert_int_lt(open_dir(), 0);
}
END_TEST

START_TEST(old_ones_are_dropped)
{
	const uint8_t other[SESSION_SCOPE] = { 1 };
	int dir = kept();
	struct utimbuf old = { 1, 1 };
	struct buf got = BUF_INIT;

	ck_assert_int_eq(fchdir(dir), 0);
	ck_assert_int_eq(utime(name, &old), 0);
	ck_assert_int_eq(session_put(dir, other, (const uint8_t *)"x", 1), 0);
	ck_assert_int_eq(session_take(dir, scope, &got), -ENOENT);
	ck_assert_int_eq(session_take(dir, other, &got), 0);
	buf_done(&got);
	ck_assert_int_eq(chdir("/"), 0);
	close(dir);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("client-wrap/session_file");
	TCase *t = tcase_create("session_file");

	tcase_add_checked_fixture(t, scratch_make, scratch_remove);
	tcase_add_test(t, a_session_is_used_once);
	tcase_add_loop_test(t, a_file_that_is_not_ours_alone_is_not_used, 0, TOO_LARGE + 1);
	tcase_add_test(t, a_directory_that_others_may_enter_is_not_used);
	tcase_add_test(t, a_link_in_its_place_is_not_followed);
	tcase_add_test(t, old_ones_are_dropped);
	suite_add_tcase(s, t);
	return unit_main(s);
}
