#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "t/unit/unit.h"
#include "lib/sock.h"

enum { OTHER = 65534 };

static char dir[] = "/tmp/check_listener.XXXXXX";

static const char *
at(const char *name)
{
	static char path[108];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	return path;
}

static void
make_socket(const char *name)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(un.sun_path, sizeof un.sun_path, "%s", at(name));
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&un, sizeof un), 0);
	close(fd);
}

static uid_t
owner(const char *name)
{
	struct stat st;

	ck_assert_int_eq(lstat(at(name), &st), 0);
	return st.st_uid;
}

static void
begin(void)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
	make_socket("ours");
	close(open(at("file"), O_CREAT | O_WRONLY, 0600));
}

static void
end(void)
{
	static const char *const all[] = { "ours", "file", "link", "second" };

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		unlink(at(all[i]));
	rmdir(dir);
}

START_TEST(a_socket_is_given_away)
{
	uid_t to = geteuid() == 0 ? OTHER : geteuid();

	ck_assert_int_eq(sock_give(at("ours"), to, (gid_t)-1, -1), 0);
	ck_assert_uint_eq(owner("ours"), to);
}
END_TEST

START_TEST(its_mode_is_what_is_asked_for)
{
	struct stat st;

	ck_assert_int_eq(sock_give(at("ours"), (uid_t)-1, (gid_t)-1, 0640), 0);
	ck_assert_int_eq(stat(at("ours"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0640);
}
END_TEST

START_TEST(what_a_link_leads_to_is_not)
{
	ck_assert_int_eq(symlink("file", at("link")), 0);
	ck_assert_int_eq(sock_give(at("link"), geteuid() == 0 ? OTHER : geteuid(), (gid_t)-1, -1), -ENOTSOCK);
	ck_assert_uint_eq(owner("file"), geteuid());
}
END_TEST

START_TEST(nor_a_file_nor_a_socket_with_another_name)
{
	uid_t to = geteuid() == 0 ? OTHER : geteuid();
	char first[108];

	ck_assert_int_eq(sock_give(at("file"), to, (gid_t)-1, -1), -ENOTSOCK);
	snprintf(first, sizeof first, "%s", at("ours"));
	ck_assert_int_eq(link(first, at("second")), 0);
	ck_assert_int_eq(sock_give(at("second"), to, (gid_t)-1, -1), -ENOTSOCK);
	ck_assert_uint_eq(owner("ours"), geteuid());
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("lib/sock_give");
	TCase *t = tcase_create("give");

	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, a_socket_is_given_away);
	tcase_add_test(t, its_mode_is_what_is_asked_for);
	tcase_add_test(t, what_a_link_leads_to_is_not);
	tcase_add_test(t, nor_a_file_nor_a_socket_with_another_name);
	suite_add_tcase(s, t);
	return unit_main(s);
}
