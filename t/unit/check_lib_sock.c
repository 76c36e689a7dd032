#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/sock.h"
#include "t/unit/unit.h"

static char dir[] = "/tmp/check_lib_sock.XXXXXX";
static char path[64];

static void
set_up(void)
{
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/s", dir);
}

static void
tear_down(void)
{
	unlink(path);
	rmdir(dir);
}

static struct addr
at(const char *text)
{
	struct addr a;

	ck_assert_int_eq(addr_parse(text, 0, &a), 0);
	return a;
}

static const char *const hosts[] = { "127.0.0.1", "/unix" };

static struct addr
row_addr(int i)
{
	return at(hosts[i][0] == '/' ? path : hosts[i]);
}

START_TEST(a_listener_is_reached_and_both_ends_are_known)
{
	struct addr here = row_addr(_i), far;
	int listener, client, server, r;

	ck_assert_int_eq(sock_listen(&here, 5, &listener), 0);
	ck_assert_int_eq(fcntl(listener, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	ck_assert_int_eq(fcntl(listener, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	ck_assert_int_eq(sock_local(listener, &here), 0);
	r = sock_connect(&here, &client);
	ck_assert_msg(r == 0 || r == -EINPROGRESS, "%d", r);
	ck_assert_int_eq(poll(&(struct pollfd){ client, POLLOUT, 0 }, 1, 5000), 1);
	ck_assert_int_eq(sock_error(client), 0);
	ck_assert_int_ge(server = accept(listener, NULL, NULL), 0);
	ck_assert_int_eq(sock_peer(client, &far), 0);
	ck_assert_uint_eq(addr_port(&far), addr_port(&here));
	ck_assert_int_eq(far.ss.ss_family, here.ss.ss_family);
	close(server);
	close(client);
	close(listener);
}
END_TEST

START_TEST(a_connect_that_succeeds_at_once_says_so)
{
	struct addr here = at(path);
	int listener, client;

	ck_assert_int_eq(sock_listen(&here, 5, &listener), 0);
	errno = EINPROGRESS;	/* left by an earlier call, as the loop of a client leaves it */
	ck_assert_int_eq(sock_connect(&here, &client), 0);
	close(client);
	close(listener);
}
END_TEST

START_TEST(an_address_in_use_is_refused)
{
	struct addr here = row_addr(_i);
	int first, second = 4711;

	ck_assert_int_eq(sock_listen(&here, 5, &first), 0);
	ck_assert_int_eq(sock_local(first, &here), 0);
	ck_assert_int_eq(sock_listen(&here, 5, &second), -EADDRINUSE);
	ck_assert_int_eq(second, 4711);
	close(first);
}
END_TEST

START_TEST(a_path_whose_server_is_gone_is_taken_over)
{
	struct addr here = at(path);
	int fd;

	ck_assert_int_eq(sock_listen(&here, 5, &fd), 0);
	close(fd);
	ck_assert_int_eq(sock_listen(&here, 5, &fd), 0);
	close(fd);
}
END_TEST

START_TEST(a_file_that_is_no_socket_is_left_alone)
{
	struct addr here = at(path);
	struct stat st;
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	close(fd);
	ck_assert_int_eq(sock_listen(&here, 5, &fd), -EADDRINUSE);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert(S_ISREG(st.st_mode));
}
END_TEST

START_TEST(nobody_there_is_an_error_at_once_or_later)
{
	struct addr here = row_addr(_i);
	int fd, r;

	ck_assert_int_eq(sock_listen(&here, 1, &fd), 0);
	ck_assert_int_eq(sock_local(fd, &here), 0);
	close(fd);
	if ((r = sock_connect(&here, &fd)) == -EINPROGRESS) {
		ck_assert_int_eq(poll(&(struct pollfd){ fd, POLLOUT, 0 }, 1, 5000), 1);
		r = sock_error(fd);
		close(fd);
	}
	ck_assert_int_eq(r, -ECONNREFUSED);
}
END_TEST

START_TEST(blocking_can_be_switched)
{
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(sock_set_blocking(ends[0], 0), 0);
	ck_assert_int_ne(fcntl(ends[0], F_GETFL) & O_NONBLOCK, 0);
	ck_assert_int_eq(sock_set_blocking(ends[0], 1), 0);
	ck_assert_int_eq(fcntl(ends[0], F_GETFL) & O_NONBLOCK, 0);
	ck_assert_int_eq(sock_set_blocking(-1, 1), -EBADF);
	ck_assert_int_eq(sock_peer(ends[0], &(struct addr){ 0 }), -ENOTSOCK);
}
END_TEST

static const struct {
	const char *pid, *fds;	/* "self" is this process */
	int passed;
} passes[] = {
	{ "self", "0", 0 }, { "self", "2", 2 }, { "1", "2", 0 }, { "self", "-1", 0 }, { "self", "99999", 0 }, { "self", "x", 0 },
	{ "", "2", 0 }, { "self", NULL, 0 }, { NULL, "2", 0 },
};

START_TEST(passed_descriptors_are_taken_once_and_only_by_us)
{
	char self[16];

	snprintf(self, sizeof self, "%d", (int)getpid());
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	if (passes[_i].pid != NULL)
		setenv("LISTEN_PID", strcmp(passes[_i].pid, "self") == 0 ? self : passes[_i].pid, 1);
	if (passes[_i].fds != NULL)
		setenv("LISTEN_FDS", passes[_i].fds, 1);
	ck_assert_int_eq(sock_activation(), passes[_i].passed);
	ck_assert_ptr_null(getenv("LISTEN_PID"));
	ck_assert_ptr_null(getenv("LISTEN_FDS"));
	ck_assert_int_eq(sock_activation(), 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("lib/sock");
	TCase *t = tcase_create("sock");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, a_listener_is_reached_and_both_ends_are_known, 0, ARRAY_LEN(hosts));
	tcase_add_test(t, a_connect_that_succeeds_at_once_says_so);
	tcase_add_loop_test(t, an_address_in_use_is_refused, 0, ARRAY_LEN(hosts));
	tcase_add_test(t, a_path_whose_server_is_gone_is_taken_over);
	tcase_add_test(t, a_file_that_is_no_socket_is_left_alone);
	tcase_add_loop_test(t, nobody_there_is_an_error_at_once_or_later, 0, ARRAY_LEN(hosts));
	tcase_add_test(t, blocking_can_be_switched);
	tcase_add_loop_test(t, passed_descriptors_are_taken_once_and_only_by_us, 0, ARRAY_LEN(passes));
	suite_add_tcase(s, t);
	return unit_main(s);
}
