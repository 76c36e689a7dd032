#include "config.h"

#include "lib/role.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef HAVE_CAP
#include <sys/capability.h>
#endif

#include "lib/err.h"
#include "t/unit/unit.h"

/* Each role is entered in a process of its own, since there is no way back.  The child's exit
 * status is 0 when everything it tried came out as wanted, else the number of the step. */
enum { NOBODY = 65534, NOT_ENTERED = 99 };

static char dir[] = "/tmp/check_lib_role.XXXXXX";

static void
set_up(void)
{
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chmod(dir, 0777), 0);
}

static void
tear_down(void)
{
	char path[64];

	snprintf(path, sizeof path, "%s/f", dir);
	unlink(path);
	rmdir(dir);
}

static int
status_of(int (*child)(const struct role *), const struct role *role)
{
	pid_t pid = fork();
	int status;

	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(role_enter(role, NULL) != 0 ? NOT_ENTERED : child(role));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

static int
landlock_there(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, 1) > 0;
}

static int
opens_nothing(const struct role *role)
{
	(void)role;
	if (open("/etc/passwd", O_RDONLY) >= 0 || errno != EACCES)
		return 1;
	if (open("/", O_RDONLY | O_DIRECTORY) >= 0 || errno != EACCES)
		return 2;
	return open("/tmp/check_lib_role.new", O_WRONLY | O_CREAT, 0600) >= 0 ? 3 : 0;
}

START_TEST(without_files_no_path_can_be_opened)
{
	struct role role = { .name = "t", .root_fd = -1, .files = ROLE_FILES_NONE, .tree_fd = -1 };

	if (landlock_there())
		ck_assert_int_eq(status_of(opens_nothing, &role), 0);
}
END_TEST

static int
only_reads_below(const struct role *role)
{
	if (openat(role->tree_fd, ".", O_RDONLY | O_DIRECTORY) < 0)
		return 1;
	if (openat(role->tree_fd, "f", O_WRONLY | O_CREAT, 0600) >= 0)
		return 2;
	return open("/etc/passwd", O_RDONLY) >= 0 ? 3 : 0;
}

static int
writes_below(const struct role *role)
{
	int fd = openat(role->tree_fd, "f", O_RDWR | O_CREAT, 0600);

	if (fd < 0 || write(fd, "x", 1) != 1)
		return 1;
	if (open("/tmp/check_lib_role.new", O_WRONLY | O_CREAT, 0600) >= 0)
		return 2;
	return openat(role->tree_fd, "../passwd", O_RDONLY) >= 0 ? 3 : 0;
}

static const struct {
	enum role_files files;
	int (*child)(const struct role *);
} trees[] = {
	{ ROLE_FILES_READ, only_reads_below }, { ROLE_FILES_WRITE, writes_below },
};

START_TEST(with_a_tree_only_the_tree_is_there)
{
	struct role role = { .name = "t", .root_fd = -1, .files = trees[_i].files,
	    .tree_fd = open(dir, O_RDONLY | O_DIRECTORY) };

	if (landlock_there())
		ck_assert_int_eq(status_of(trees[_i].child, &role), 0);
	close(role.tree_fd);
}
END_TEST

static int
is_nobody_for_good(const struct role *role)
{
	gid_t groups[8];
	uid_t r, e, s;

	if (getresuid(&r, &e, &s) < 0 || r != role->uid || e != role->uid || s != role->uid || getegid() != role->gid)
		return 1;
	if (setuid(0) == 0 || seteuid(0) == 0 || setresuid(0, 0, 0) == 0 || setgid(0) == 0)
		return 2;
	return getgroups(8, groups) != 0 ? 3 : 0;
}

START_TEST(an_identity_that_was_given_up_stays_away)
{
	struct role role = { .name = "t", .root_fd = -1, .set_ids = 1, .uid = NOBODY, .gid = NOBODY,
	    .files = ROLE_FILES_FREE, .tree_fd = -1 };
	int status = status_of(is_nobody_for_good, &role);

	ck_assert_int_eq(WIFEXITED(status) ? WEXITSTATUS(status) : -1, geteuid() == 0 ? 0 : NOT_ENTERED);
}
END_TEST

static int
sees_an_empty_root(const struct role *role)
{
	(void)role;
	if (access("/etc", F_OK) == 0 || access("/..", F_OK) < 0)
		return 1;
	return access("../../../etc", F_OK) == 0 ? 2 : 0;
}

START_TEST(a_new_root_hides_the_old_one)
{
	struct role role = { .name = "t", .root_fd = open(dir, O_RDONLY | O_DIRECTORY), .files = ROLE_FILES_FREE, .tree_fd = -1 };
	int status = status_of(sees_an_empty_root, &role);

	ck_assert_int_eq(WIFEXITED(status) ? WEXITSTATUS(status) : -1, geteuid() == 0 ? 0 : NOT_ENTERED);
	close(role.root_fd);
}
END_TEST

#ifdef SALLYPORT_SANITIZE
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

static int
keeps_to_its_limits(const struct role *role)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) < 0 || l.rlim_max != role->files_max || l.rlim_cur != role->files_max)
		return 1;
	if (getrlimit(RLIMIT_CORE, &l) < 0 || l.rlim_max != 0)
		return 2;
	void *much = malloc(role->memory_max);

	if (much != NULL && !SANITIZED)
		return 5;
	free(much);
	for (int i = 0; i < 16; i++)
		if (dup(0) < 0)
			return errno == EMFILE ? 0 : 3;
	return 4;
}

START_TEST(limits_cannot_be_passed)
{
	struct role role = { .name = "t", .root_fd = -1, .files = ROLE_FILES_FREE, .tree_fd = -1, .files_max = 12,
	    .memory_max = 32 << 20 };

	ck_assert_int_eq(status_of(keeps_to_its_limits, &role), 0);
}
END_TEST

START_TEST(the_report_names_the_walls_or_the_step_that_failed)
{
	struct role good = { .name = "t", .root_fd = -1, .files = ROLE_FILES_FREE, .tree_fd = -1 };
	struct role bad = { .name = "worker", .root_fd = 9999, .files = ROLE_FILES_FREE, .tree_fd = -1 };
	char report[ROLE_REPORT_SIZE];

	ck_assert_int_eq(role_enter(&bad, report), -EBADF);
	ck_assert_ptr_nonnull(strstr(report, "role worker: chroot: "));
	ck_assert_int_eq(role_enter(&good, report), 0);
	ck_assert_ptr_nonnull(strstr(report, "landlock=0 no-seccomp"));
}
END_TEST

#if defined HAVE_SECCOMP && !defined SALLYPORT_SANITIZE

static const char *const allowed[] = { "read", "write", "exit_group", "exit", "getuid", "no_such_call", NULL };

static int
socket_is_refused(const struct role *role)
{
	(void)role;
	if (socket(AF_UNIX, SOCK_STREAM, 0) >= 0 || errno != EPERM)
		return 1;
	if (syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY) >= 0 || errno != EPERM)
		return 2;
	return syscall(SYS_getuid) < 0 ? 3 : 0;
}

static int
starts_a_program(const struct role *role)
{
	(void)role;
	execl("/bin/true", "true", (char *)NULL);
	return 1;
}

static int
traces(const struct role *role)
{
	(void)role;
	syscall(SYS_ptrace, 0, 0, 0, 0);
	return 1;
}

static int
loads_a_ring(const struct role *role)
{
	(void)role;
	syscall(SYS_io_uring_setup, 1, NULL);
	return 1;
}

static const struct {
	const char *name;
	int (*child)(const struct role *);
	int signal;		/* 0: ends well */
} calls[] = {
	{ "socket", socket_is_refused, 0 }, { "execve", starts_a_program, SIGSYS }, { "ptrace", traces, SIGSYS },
	{ "io_uring_setup", loads_a_ring, SIGSYS },
};

START_TEST(a_forbidden_call_is_refused_or_kills)
{
	struct role role = { .name = "t", .root_fd = -1, .files = ROLE_FILES_FREE, .tree_fd = -1 };
	struct role_filter *filter;
	int status;

	ck_assert_int_eq(role_filter_new(allowed, &filter), 0);
	ck_assert_ptr_nonnull(filter);
	role.filter = filter;
	status = status_of(calls[_i].child, &role);
	if (calls[_i].signal == 0)
		ck_assert_msg(status == 0, "%s: status %#x", calls[_i].name, (unsigned)status);
	else
		ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == calls[_i].signal, "%s: status %#x", calls[_i].name,
		    (unsigned)status);
	role_filter_free(filter);
}
END_TEST

#else

static const int calls[1];

START_TEST(a_forbidden_call_is_refused_or_kills)
{
	struct role_filter *filter;

	ck_assert_int_eq(role_filter_new((const char *const[]){ "read", NULL }, &filter), 0);
	ck_assert_ptr_null(filter);	/* no filters in this build, and the contract says so */
	(void)calls;
}
END_TEST

#endif

static int
is_dumpable(const struct role *role)
{
	(void)role;
	return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
}

START_TEST(its_memory_is_for_nobody)
{
	const struct role role = { .name = "t", .root_fd = -1, .files = ROLE_FILES_FREE, .tree_fd = -1 };

#ifndef SALLYPORT_SANITIZE
	ck_assert_int_eq(status_of(is_dumpable, &role), 0);
#else
	(void)is_dumpable, (void)role;
#endif
}
END_TEST

#ifdef HAVE_CAP

/* A user whom a service manager gave two capabilities (ambient), then the role.  Steps as above. */
static int
user_with_caps(const struct role *role, uint64_t want)
{
	static const cap_value_t given[] = { CAP_DAC_READ_SEARCH, CAP_NET_BIND_SERVICE };
	cap_t caps;
	cap_flag_value_t has;

	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 || setresuid(NOBODY, NOBODY, NOBODY) < 0 || (caps = cap_init()) == NULL)
		return 1;
	for (int flag = CAP_EFFECTIVE; flag <= CAP_INHERITABLE; flag++)
		cap_set_flag(caps, (cap_flag_t)flag, 2, given, CAP_SET);
	if (cap_set_proc(caps) < 0 || prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_READ_SEARCH, 0, 0) < 0 ||
	    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_BIND_SERVICE, 0, 0) < 0)
		return 2;
	if (role_enter(role, NULL) != 0)
		return NOT_ENTERED;
	for (int c = 0; c <= CAP_LAST_CAP; c++) {
		for (int flag = CAP_EFFECTIVE; flag <= CAP_PERMITTED; flag++)
			if (cap_get_flag(cap_get_proc(), c, (cap_flag_t)flag, &has) == 0 && (has == CAP_SET) != (want >> c & 1))
				return 3;
		if (cap_get_ambient(c) == CAP_SET)
			return 4;
	}
	return role_keep_caps(0) != 0 ? 5 : 0;
}

static const struct {
	uint64_t named, left;
} kept[] = { { 0, 0 }, { 1ULL << CAP_DAC_READ_SEARCH | 1ULL << CAP_CHOWN, 1ULL << CAP_DAC_READ_SEARCH } };

START_TEST(no_capability_that_is_not_named_survives)
{
	struct role role = { .name = "t", .root_fd = -1, .files = ROLE_FILES_FREE, .tree_fd = -1, .caps = kept[_i].named };
	pid_t pid;
	int status;

	if (geteuid() != 0)
		return;
	if ((pid = fork()) == 0)
		_exit(user_with_caps(&role, kept[_i].left));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status >> 8, 0);
}
END_TEST

#else

static const int kept[1];

START_TEST(no_capability_that_is_not_named_survives)
{
	ck_assert_int_eq(role_keep_caps(0), 0);	/* this build drops none by itself: identities do */
	(void)kept;
}
END_TEST

#endif

/* As a unit of systemd without @privileged does it. */
static int
capset_is_refused(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_capset, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog prog = { ARRAY_LEN(code), code };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) == 0;
}

START_TEST(who_has_no_capability_need_not_be_allowed_to_drop_one)
{
	const struct role role = { .name = "t", .root_fd = -1, .files = ROLE_FILES_FREE, .tree_fd = -1 };
	pid_t pid;
	int status;

	if ((pid = fork()) == 0) {
		if ((geteuid() == 0 && setresuid(NOBODY, NOBODY, NOBODY) < 0) || !capset_is_refused())
			_exit(1);
		_exit(role_enter(&role, NULL) != 0 ? NOT_ENTERED : role_keep_caps(0) != 0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("lib/role");
	TCase *t = tcase_create("role");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, without_files_no_path_can_be_opened);
	tcase_add_loop_test(t, with_a_tree_only_the_tree_is_there, 0, ARRAY_LEN(trees));
	tcase_add_test(t, an_identity_that_was_given_up_stays_away);
	tcase_add_test(t, a_new_root_hides_the_old_one);
	tcase_add_test(t, limits_cannot_be_passed);
	tcase_add_test(t, the_report_names_the_walls_or_the_step_that_failed);
	tcase_add_loop_test(t, a_forbidden_call_is_refused_or_kills, 0, ARRAY_LEN(calls));
	tcase_add_test(t, its_memory_is_for_nobody);
	tcase_add_loop_test(t, no_capability_that_is_not_named_survives, 0, ARRAY_LEN(kept));
	tcase_add_test(t, who_has_no_capability_need_not_be_allowed_to_drop_one);
	suite_add_tcase(s, t);
	return unit_main(s);
}
