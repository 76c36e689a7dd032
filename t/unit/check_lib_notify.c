#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/notify.h"
#include "t/unit/unit.h"

static char dir[] = "/tmp/check_lib_notify.XXXXXX";
static char path[64], abstract[64];

static void
set_up(void)
{
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/s", dir);
	snprintf(abstract, sizeof abstract, "@check_lib_notify.%d", (int)getpid());
	notify_forget();
}

static void
tear_down(void)
{
	unlink(path);
	rmdir(dir);
}

static int
manager(const char *name)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memcpy(un.sun_path, name, strlen(name));
	if (name[0] == '@')
		un.sun_path[0] = '\0';
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&un, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))), 0);
	ck_assert_int_eq(setenv("NOTIFY_SOCKET", name, 1), 0);
	return fd;
}

static const char *
heard(int fd)
{
	static char got[256];
	ssize_t n = recv(fd, got, sizeof got - 1, MSG_DONTWAIT);

	got[n < 0 ? 0 : n] = '\0';
	return got;
}

START_TEST(a_path_and_an_abstract_name_are_told)
{
	int fd = manager(_i == 0 ? path : abstract);

	ck_assert_int_eq(notify_send("READY=1\nSTATUS=two words"), 0);
	ck_assert_str_eq(heard(fd), "READY=1\nSTATUS=two words");
	close(fd);
}
END_TEST

START_TEST(a_reload_carries_its_time)
{
	struct timespec before, after;
	long long usec;
	int fd = manager(path), n = 0;

	clock_gettime(CLOCK_MONOTONIC, &before);
	ck_assert_int_eq(notify_reloading(), 0);
	clock_gettime(CLOCK_MONOTONIC, &after);
	ck_assert_int_eq(sscanf(heard(fd), "RELOADING=1\nMONOTONIC_USEC=%lld%n", &usec, &n), 1);
	ck_assert_int_gt(n, 0);
	ck_assert(usec >= (long long)before.tv_sec * 1000000 + before.tv_nsec / 1000);
	ck_assert(usec <= (long long)after.tv_sec * 1000000 + after.tv_nsec / 1000);
	close(fd);
}
END_TEST

#define SEVENTY "0123456789012345678901234567890123456789012345678901234567890123456789"
static const struct {
	const char *socket;
	int r;
} nowhere[] = {
	{ NULL, -ENOENT }, { "", -ENOENT }, { "relative", -EINVAL }, { "vsock:2:1234", -EINVAL },
	{ "/" SEVENTY SEVENTY, -EINVAL }, { "@" SEVENTY SEVENTY, -EINVAL },
	{ "/nonexistent/notify", -ENOENT }, { "@nobody/listens/here", -ECONNREFUSED },
};

START_TEST(nobody_to_tell_is_said_and_harmless)
{
	if (nowhere[_i].socket != NULL)
		setenv("NOTIFY_SOCKET", nowhere[_i].socket, 1);
	ck_assert_int_eq(notify_send("READY=1"), nowhere[_i].r);
}
END_TEST

static const struct {
	const char *usec, *pid;	/* "self" is this process */
	uint64_t ms;
} watches[] = {
	{ "10000000", "self", 5000 }, { "10000000", NULL, 5000 }, { "10000000", "1", 0 }, { "10000000", "x", 0 },
	{ "10000000", "", 0 }, { "1", "self", 1 }, { "1999", "self", 1 }, { "3000", "self", 1 }, { "4000", "self", 2 }, { "0", "self", 0 },
	{ "-5", "self", 0 }, { "x", "self", 0 }, { NULL, "self", 0 }, { NULL, NULL, 0 }, { "99999999999999999999", "self", 0 },
};

START_TEST(half_of_the_watchdogs_time_for_whom_it_watches)
{
	char self[16];

	snprintf(self, sizeof self, "%d", (int)getpid());
	if (watches[_i].usec != NULL)
		setenv("WATCHDOG_USEC", watches[_i].usec, 1);
	if (watches[_i].pid != NULL)
		setenv("WATCHDOG_PID", strcmp(watches[_i].pid, "self") == 0 ? self : watches[_i].pid, 1);
	ck_assert_uint_eq(notify_watchdog_ms(), watches[_i].ms);
}
END_TEST

START_TEST(a_program_of_somebody_elses_finds_no_trace)
{
	setenv("NOTIFY_SOCKET", "/x", 1);
	setenv("WATCHDOG_USEC", "1", 1);
	setenv("WATCHDOG_PID", "1", 1);
	notify_forget();
	ck_assert_ptr_null(getenv("NOTIFY_SOCKET"));
	ck_assert_ptr_null(getenv("WATCHDOG_USEC"));
	ck_assert_ptr_null(getenv("WATCHDOG_PID"));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("lib/notify");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, a_path_and_an_abstract_name_are_told, 0, 2);
	tcase_add_test(t, a_reload_carries_its_time);
	tcase_add_loop_test(t, nobody_to_tell_is_said_and_harmless, 0, ARRAY_LEN(nowhere));
	tcase_add_loop_test(t, half_of_the_watchdogs_time_for_whom_it_watches, 0, ARRAY_LEN(watches));
	tcase_add_test(t, a_program_of_somebody_elses_finds_no_trace);
	suite_add_tcase(s, t);
	return unit_main(s);
}
