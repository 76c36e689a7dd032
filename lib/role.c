#include "config.h"

#include "lib/role.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/err.h"

#if defined HAVE_SECCOMP && !defined SALLYPORT_SANITIZE
#define USE_SECCOMP 1
#include <seccomp.h>
#endif

/* Newer than the headers of Debian 12 (linux 6.1); the numbers are kernel ABI. */
#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif
#ifndef LANDLOCK_ACCESS_FS_IOCTL_DEV
#define LANDLOCK_ACCESS_FS_IOCTL_DEV (1ULL << 15)
#endif

#ifdef HAVE_CAP
#include <sys/capability.h>
#endif

struct role_filter {
	struct sock_fprog prog;
};

/* struct landlock_ruleset_attr as of ABI 6; older kernels are given a prefix of it. */
struct ruleset {
	uint64_t fs;
	uint64_t net;		/* ABI 4: bit 0 bind, bit 1 connect */
	uint64_t scoped;	/* ABI 6: bit 0 abstract UNIX sockets, bit 1 signals */
};

#ifdef USE_SECCOMP

/* Not merely refused: a process of ours that tries one of these is no longer ours. */
static const char *const deadly[] = {
	"execve", "execveat", "ptrace", "process_vm_readv", "process_vm_writev", "kexec_load", "init_module",
	"finit_module", "bpf", "userfaultfd", "mount", "umount2", "pivot_root", "setns", "unshare", "open_by_handle_at",
	"keyctl", "add_key", "request_key", "perf_event_open", "io_uring_setup", NULL,
};

/* Calls of which a list can name one use alone. */
static const struct {
	const char *name, *call;
	unsigned arg;		/* this argument, as the kernel reads it, */
	uint64_t value;		/* has this value */
} narrowed[] = {
	{ "ioctl(FICLONE)", "ioctl", 1, FICLONE },
};

static int
add_rule(scmp_filter_ctx ctx, uint32_t action, const char *name)
{
	int nr;

	for (size_t i = 0; i < ARRAY_LEN(narrowed); i++)
		if (strcmp(name, narrowed[i].name) == 0)
			return seccomp_rule_add(ctx, action, seccomp_syscall_resolve_name(narrowed[i].call), 1,
			    SCMP_CMP32(narrowed[i].arg, SCMP_CMP_EQ, (uint32_t)narrowed[i].value));
	nr = seccomp_syscall_resolve_name(name);
	return nr != __NR_SCMP_ERROR && nr >= 0 ? seccomp_rule_add(ctx, action, nr, 0) : 0;
}

static int
add_rules(scmp_filter_ctx ctx, uint32_t action, const char *const *names)
{
	int r = 0;

	for (; *names != NULL && r == 0; names++)
		r = add_rule(ctx, action, *names);
	return r;
}

/* libseccomp writes programs to a descriptor only, so it is given memory for one. */
static int
export_program(scmp_filter_ctx ctx, struct role_filter *f)
{
	int fd = memfd_create("filter", MFD_CLOEXEC), r;
	struct stat st;

	if (fd < 0)
		return -errno;
	if ((r = seccomp_export_bpf(ctx, fd)) == 0) {
		r = -EIO;
		if (fstat(fd, &st) == 0 && (f->prog.filter = malloc((size_t)st.st_size)) != NULL &&
		    pread(fd, f->prog.filter, (size_t)st.st_size, 0) == st.st_size) {
			f->prog.len = (unsigned short)((size_t)st.st_size / sizeof *f->prog.filter);
			r = 0;
		}
	}
	close(fd);
	return r;
}

int
role_filter_new(const char *const *syscalls, struct role_filter **ret)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	struct role_filter *f = calloc(1, sizeof *f);
	int r = -ENOMEM;

	if (ctx == NULL || f == NULL)
		goto out;
	if ((r = add_rules(ctx, SCMP_ACT_ALLOW, syscalls)) != 0)
		goto out;
	if ((r = add_rules(ctx, SCMP_ACT_KILL_PROCESS, deadly)) != 0)
		goto out;
	if ((r = export_program(ctx, f)) != 0)
		goto out;
	*ret = f;
	f = NULL;
out:
	role_filter_free(f);
	if (ctx != NULL)
		seccomp_release(ctx);
	return r;
}

#else

int
role_filter_new(const char *const *syscalls, struct role_filter **ret)
{
	(void)syscalls;
	*ret = NULL;
	return 0;
}

#endif

void
role_filter_free(struct role_filter *f)
{
	if (f == NULL)
		return;
	free(f->prog.filter);
	free(f);
}

static uint64_t
all_rights(long abi)
{
	uint64_t fs = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE |
	    LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
	    LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
	    LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
	    LANDLOCK_ACCESS_FS_MAKE_SYM;

	if (abi >= 2)
		fs |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= 3)
		fs |= LANDLOCK_ACCESS_FS_TRUNCATE;
	if (abi >= 5)
		fs |= LANDLOCK_ACCESS_FS_IOCTL_DEV;
	return fs;
}

#ifdef SALLYPORT_SANITIZE
static void
allow_reading(int ruleset, const char *path, uint64_t access)
{
	struct landlock_path_beneath_attr below = { .parent_fd = open(path, O_PATH | O_CLOEXEC), .allowed_access = access };

	if (below.parent_fd < 0)
		return;
	syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &below, 0);
	close(below.parent_fd);
}
#endif

/* The leak checker looks at its own threads in /proc, and at its list of what it does not tell, as the process ends; nobody else may. */
static void
allow_sanitizer(int ruleset)
{
#ifdef SALLYPORT_SANITIZE
	const char *options = getenv("LSAN_OPTIONS"), *list = options == NULL ? NULL : strstr(options, "suppressions=");
	char path[4096];

	allow_reading(ruleset, "/proc", LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR);
	if (list == NULL)
		return;
	list += strlen("suppressions=");
	snprintf(path, sizeof path, "%.*s", (int)strcspn(list, ":"), list);
	allow_reading(ruleset, path, LANDLOCK_ACCESS_FS_READ_FILE);
#else
	(void)ruleset;
#endif
}

int
role_landlock(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	return abi < 0 ? -errno : (int)abi;
}

/* Returns the ABI in force, 0 when the kernel has none, or -errno. */
static int
landlock_enter(const struct role *role)
{
	long abi = role_landlock();
	struct ruleset rs = { 0, abi < 4 ? 0 : (role->may_bind ? 0 : 1) | (role->may_connect ? 0 : 2), abi >= 6 ? 3 : 0 };
	size_t size = abi >= 6 ? sizeof rs : abi >= 4 ? 16 : 8;
	struct landlock_path_beneath_attr below;
	int fd, r = (int)abi;

	if (abi <= 0 || role->files == ROLE_FILES_FREE)
		return 0;
	rs.fs = all_rights(abi);
	if ((fd = (int)syscall(SYS_landlock_create_ruleset, &rs, size, 0)) < 0)
		return -errno;
	allow_sanitizer(fd);
	if (role->files != ROLE_FILES_NONE) {
		below.parent_fd = role->tree_fd;
		below.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
		if (role->files == ROLE_FILES_WRITE)
			below.allowed_access = rs.fs & ~(uint64_t)LANDLOCK_ACCESS_FS_EXECUTE;
		if (syscall(SYS_landlock_add_rule, fd, LANDLOCK_RULE_PATH_BENEATH, &below, 0) < 0)
			r = -errno;
	}
	if (r > 0 && syscall(SYS_landlock_restrict_self, fd, 0) < 0)
		r = -errno;
	close(fd);
	return r;
}

static int
take_ids(const struct role *role)
{
	if (setgroups(role->n_groups, role->groups) < 0)
		return -errno;
	if (setresgid(role->gid, role->gid, role->gid) < 0 || setresuid(role->uid, role->uid, role->uid) < 0)
		return -errno;
	if (role->uid != 0 && setresuid((uid_t)-1, 0, (uid_t)-1) == 0)
		return -EPERM;		/* privileges that come back were never given up */
	return 0;
}

static int
enter_directory(int fd)
{
	return fchdir(fd) < 0 || chroot(".") < 0 ? -errno : 0;
}

/* A directory of mode 0700 is its owner's to enter: a root without CAP_DAC_READ_SEARCH may not, and asks as who it is about to
 * become.  Capabilities for anything but files stay meanwhile. */
static int
change_root(const struct role *role)
{
	int r = enter_directory(role->root_fd);

	if (r != -EACCES || !role->set_ids || role->uid == 0)
		return r;
	if (setgroups(role->n_groups, role->groups) < 0)
		return -errno;
	setfsgid(role->gid);
	setfsuid(role->uid);
	r = enter_directory(role->root_fd);
	setfsuid(geteuid());
	return r;
}

/* Permitted and effective become what is both there and in keep; nothing is inheritable. */
int
role_keep_caps(uint64_t keep)
{
#ifdef HAVE_CAP
	cap_t had = cap_get_proc(), caps = cap_init();
	cap_flag_value_t there = CAP_CLEAR;
	int r = had == NULL || caps == NULL ? -errno : 0;

	for (cap_value_t c = 0; r == 0 && c <= CAP_LAST_CAP; c++)
		if ((keep & 1ULL << c) && cap_get_flag(had, c, CAP_PERMITTED, &there) == 0 && there == CAP_SET) {
			cap_set_flag(caps, CAP_PERMITTED, 1, &c, CAP_SET);
			cap_set_flag(caps, CAP_EFFECTIVE, 1, &c, CAP_SET);
		}
	/* what is so already is not asked for: under a service manager's filter without capset an unprivileged role is entered, too */
	if (r == 0 && cap_compare(had, caps) != 0 && cap_set_proc(caps) < 0)
		r = -errno;
	cap_free(caps);
	cap_free(had);
	return r;
#else
	(void)keep;
	return 0;
#endif
}

/* Only what the role names is kept, by root and by a user whom a service manager gave some (ambient ones would
 * otherwise stay in every role).  The bounding set goes first, while we may. */
static int
limit_caps(uint64_t keep)
{
#ifdef HAVE_CAP
	if (geteuid() == 0)
		for (cap_value_t c = 0; c <= CAP_LAST_CAP; c++)
			if (!(keep & 1ULL << c) && cap_get_bound(c) == 1 && cap_drop_bound(c) < 0)
				return -errno;
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);	/* EINVAL: this kernel has none */
#endif
	return role_keep_caps(keep);
}

static int
set_limit(int what, rlim_t most)
{
	struct rlimit l;

	if (getrlimit(what, &l) < 0)
		return -errno;
	if (l.rlim_max == RLIM_INFINITY || l.rlim_max > most)
		l.rlim_max = most;
	l.rlim_cur = l.rlim_max;
	return setrlimit(what, &l) < 0 ? -errno : 0;
}

/* Close every descriptor from 3 on that is not to be kept. */
static int
close_others(const struct role *role)
{
	unsigned from = 3;

	if (role->keep == NULL)
		return 0;
	for (;;) {
		unsigned next = ~0u;

		for (size_t i = 0; i < role->n_keep; i++)
			if (role->keep[i] >= (int)from && (unsigned)role->keep[i] < next)
				next = (unsigned)role->keep[i];
		if (next > from && syscall(SYS_close_range, from, next == ~0u ? ~0u : next - 1, 0) < 0)
			return -errno;
		if (next == ~0u)
			return 0;
		from = next + 1;
	}
}

int
role_enter(const struct role *role, char *report)
{
	char scratch[ROLE_REPORT_SIZE], *at = report == NULL ? scratch : report;
	uid_t uid = role->set_ids ? role->uid : getuid();	/* asked while it may still be asked */
	const char *step;
	int r, abi;

	step = "descriptors";
	if ((r = close_others(role)) != 0)
		goto fail;
	step = "limits";
	if ((r = set_limit(RLIMIT_CORE, 0)) != 0)
		goto fail;
	if (role->files_max != 0 && (r = set_limit(RLIMIT_NOFILE, role->files_max)) != 0)
		goto fail;
#ifndef SALLYPORT_SANITIZE
	if (role->memory_max != 0 && (r = set_limit(RLIMIT_DATA, role->memory_max)) != 0)
		goto fail;
#endif
	step = "chroot";
	if (role->root_fd >= 0 && (r = change_root(role)) != 0)
		goto fail;
	step = "identity";
	if (role->set_ids && (r = take_ids(role)) != 0)
		goto fail;
	step = "capabilities";
	if ((r = limit_caps(role->caps)) != 0)
		goto fail;
	step = "dumps";
#ifndef SALLYPORT_SANITIZE	/* the leak checker traces its own process */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0) {	/* nobody of the same user reads its memory either */
		r = -errno;
		goto fail;
	}
#endif
	step = "no new privileges";
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
		r = -errno;
		goto fail;
	}
	step = "Landlock";
	if ((abi = landlock_enter(role)) < 0) {
		r = abi;
		goto fail;
	}
	step = "system call filter";
	if (role->filter != NULL && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &role->filter->prog) < 0) {
		r = -errno;
		goto fail;
	}
	snprintf(at, ROLE_REPORT_SIZE, "uid=%u%s landlock=%d %s", (unsigned)uid,
	    role->root_fd >= 0 ? " chroot" : "", abi, role->filter != NULL ? "seccomp" : "no-seccomp");
	return 0;
fail:
	snprintf(at, ROLE_REPORT_SIZE, "role %s: %s: %s", role->name, step, strerror(-r));
	return r;
}
