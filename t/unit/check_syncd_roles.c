#include "config.h"

#include "syncd/roles.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/err.h"
#include "t/unit/unit.h"

/* Each role is entered in a process of its own, since there is no way back; what that one finds is its exit status. */
enum { NOT_ENTERED = 99, CAME_THROUGH = 98, KILLED = -1 };
enum who { WORKER, SESSION, WRITER, N_WHO };

static char dir[] = "/tmp/check_syncd_roles.XXXXXX";
static struct roles roles;

static void
set_up(void)
{
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(roles_prepare(&roles), 0);
}

static void
tear_down(void)
{
	roles_done(&roles);
	rmdir(dir);
}

static int
enter(enum who who, int peer, int monitor)
{
	struct session_identity id = { .tree_fd = open(dir, O_RDONLY | O_DIRECTORY), .jail = geteuid() == 0, .writes = who == WRITER };
	char report[ROLE_REPORT_SIZE];

	return who == WORKER ? roles_enter_worker(&roles, peer, monitor, report) : roles_enter_session(&roles, &id, peer, monitor, report);
}

/* What becomes of a system call in that role: the error number, CAME_THROUGH, or KILLED. */
static int
becomes(enum who who, long number, const long arg[4])
{
	int pair[2], status;
	pid_t pid;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	if ((pid = fork()) == 0) {
		if (enter(who, pair[0], pair[1]) != 0)
			_exit(NOT_ENTERED);
		_exit(syscall(number, arg[0] < 0 ? pair[0] : arg[0], arg[1], arg[2], arg[3]) < 0 ? errno : CAME_THROUGH);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	close(pair[0]), close(pair[1]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : KILLED;
}

static struct msghdr nothing;
static char *none[] = { NULL };

/* An argument of -1 stands for the peer's socket. */
static const struct { const char *name; long number, arg[4]; int want; } forbidden[] = {
	/* a descriptor of another process would come with a message, and lead out of every wall */
	{ "recvmsg", SYS_recvmsg, { -1, (long)&nothing, MSG_DONTWAIT }, EPERM }, { "sendmsg", SYS_sendmsg, { -1, (long)&nothing, MSG_DONTWAIT }, EPERM },
	{ "recvmmsg", SYS_recvmmsg, { -1, (long)&nothing, 0 }, EPERM }, { "sendmmsg", SYS_sendmmsg, { -1, (long)&nothing, 0 }, EPERM },
	{ "socket", SYS_socket, { AF_INET, SOCK_STREAM }, EPERM }, { "socketpair", SYS_socketpair, { AF_UNIX, SOCK_STREAM }, EPERM },
	{ "bind", SYS_bind, { -1, 0, 0 }, EPERM }, { "connect", SYS_connect, { -1, 0, 0 }, EPERM }, { "accept4", SYS_accept4, { -1, 0, 0 }, EPERM },
	{ "pidfd_open", SYS_pidfd_open, { 1 }, EPERM }, { "pidfd_getfd", SYS_pidfd_getfd, { 1, 1 }, EPERM },
	{ "io_uring_setup", SYS_io_uring_setup, { 1, 0 }, KILLED }, { "memfd_create", SYS_memfd_create, { (long)"x", 0 }, EPERM },
	{ "mount", SYS_mount, { (long)"/", (long)"/", 0, 0 }, KILLED }, { "setuid", SYS_setuid, { 0 }, EPERM },
	/* but for one use of it, below */
	{ "ioctl", SYS_ioctl, { -1, FIONREAD, (long)&nothing }, EPERM }, { "ioctl", SYS_ioctl, { -1, TIOCSTI, (long)&nothing }, EPERM },
	{ "ioctl", SYS_ioctl, { -1, FICLONERANGE, (long)&nothing }, EPERM },
	{ "unshare", SYS_unshare, { 0 }, KILLED }, { "bpf", SYS_bpf, { 0 }, KILLED },
	{ "execve", SYS_execve, { (long)"/bin/true", (long)none, (long)none }, KILLED },
	{ "ptrace", SYS_ptrace, { 0, 0, 0 }, KILLED }, { "process_vm_readv", SYS_process_vm_readv, { 1, 0, 0 }, KILLED },
};

START_TEST(what_leads_out_is_forbidden)
{
	for (size_t i = 0; i < ARRAY_LEN(forbidden); i++)
		ck_assert_msg(becomes((enum who)_i, forbidden[i].number, forbidden[i].arg) == forbidden[i].want, "%s: %d", forbidden[i].name,
		    becomes((enum who)_i, forbidden[i].number, forbidden[i].arg));
}
END_TEST

/* A socket cannot be cloned, which the kernel says where it is asked. */
START_TEST(who_writes_may_clone_a_file)
{
	ck_assert_int_ne(becomes(WRITER, SYS_ioctl, (const long[4]){ -1, FICLONE, -1 }), EPERM);
	ck_assert_int_eq(becomes(SESSION, SYS_ioctl, (const long[4]){ -1, FICLONE, -1 }), EPERM);
	ck_assert_int_eq(becomes(WORKER, SYS_ioctl, (const long[4]){ -1, FICLONE, -1 }), EPERM);
}
END_TEST

START_TEST(what_is_needed_is_not)
{
	static char bytes[4];

	ck_assert_int_eq(becomes((enum who)_i, SYS_write, (const long[4]){ -1, (long)bytes, 4 }), CAME_THROUGH);
	ck_assert_int_eq(becomes((enum who)_i, SYS_getpid, (const long[4]){ 0 }), CAME_THROUGH);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("syncd/roles");
	TCase *t = tcase_create("roles");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, set_up, tear_down);
#ifndef SALLYPORT_SANITIZE	/* which needs calls of its own: no filters there */
	tcase_add_loop_test(t, what_leads_out_is_forbidden, WORKER, N_WHO);
	tcase_add_test(t, who_writes_may_clone_a_file);
#endif
	tcase_add_loop_test(t, what_is_needed_is_not, WORKER, N_WHO);
	suite_add_tcase(s, t);
	return unit_main(s);
}
