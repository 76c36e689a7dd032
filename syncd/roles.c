/* What each process may still do: capabilities, system calls, files, limits, as rows. */
#include "syncd/roles.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/err.h"

#define MEMORY_AND_EXIT \
	"brk", "mmap", "munmap", "mremap", "madvise", "futex", "exit", "exit_group", "rt_sigreturn", \
	"rt_sigprocmask", "restart_syscall", "clock_gettime", "gettimeofday", "getpid", "gettid", "getrandom"
/* Neither sendmsg nor recvmsg: a descriptor of another process would come with a message, and lead out of every wall. */
#define PEER_AND_MONITOR \
	"read", "write", "send", "sendto", "recv", "recvfrom", "poll", "ppoll", "shutdown", "close"

#define READS_FILES \
	"openat2", "openat", "newfstatat", "fstat", "getdents64", "readlinkat", "pread64", "close_range", "sendfile", "lseek", "unlinkat", \
	"flistxattr", "fgetxattr", "llistxattr", "lgetxattr", "fchdir", "faccessat2", "capget", "capset"
/* The checksum cache: its file is the only one that such a session has open for writing. */
#define KEEPS_SUMS "pwrite64", "fstatfs", "sync_file_range"
#define CAP(c) (1ULL << (c))

static const char *const worker_syscalls[] = { MEMORY_AND_EXIT, PEER_AND_MONITOR, NULL };

/* What name services of any kind may want: sockets, and files to read. */
static const char *const resolver_syscalls[] = {
	MEMORY_AND_EXIT, PEER_AND_MONITOR, "openat", "open", "newfstatat", "fstat", "stat", "lstat", "statx", "statfs", "fstatfs", "access",
	"faccessat", "faccessat2", "getdents64", "readlink", "readlinkat", "pread64", "lseek", "mprotect", "socket", "connect", "bind",
	"sendmmsg", "sendmsg", "recvmsg", "setsockopt", "getsockopt", "getsockname", "getpeername", "ioctl", "fcntl", "uname", "getuid",
	"geteuid", "getgid", "getegid", "epoll_create1", "epoll_ctl", "epoll_wait", "writev", "readv", "rt_sigaction", "sysinfo",
	"clock_nanosleep", "nanosleep", "alarm", "time", "prlimit64", "getppid", "rseq", "set_robust_list", NULL,
};

/* What libmicrohttpd wants of connections that it accepts; none of its own making, and no descriptor comes with a message. */
static const char *const exporter_syscalls[] = {
	MEMORY_AND_EXIT, PEER_AND_MONITOR, "accept4", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "fcntl", "fstat", "newfstatat",
	"getsockname", "getpeername", "getsockopt", "setsockopt", "sendmsg", "writev", "readv", "time", "mprotect", NULL,
};

/* Only its pair with the listener, and arithmetic. */
static const char *const signer_syscalls[] = {
	MEMORY_AND_EXIT, "read", "write", "send", "sendto", "recv", "recvfrom", "close", NULL,
};

/* Files are found by openat2 below a held descriptor, and never by a path of their own. */
static const char *const session_syscalls[] = {
	MEMORY_AND_EXIT, PEER_AND_MONITOR, READS_FILES, KEEPS_SUMS, NULL,
};

/* Those of a session that may change the module. */
static const char *const writer_syscalls[] = {
	MEMORY_AND_EXIT, PEER_AND_MONITOR, READS_FILES, KEEPS_SUMS,
	"ftruncate", "fallocate", "fsync", "flock", "copy_file_range", "ioctl(FICLONE)", "fchmod", "fchmodat2", "fchown", "fchownat",
	"utimensat", "mkdirat", "mknodat", "symlinkat", "linkat", "renameat", "renameat2", "fsetxattr", "fremovexattr", "lsetxattr", "lremovexattr", NULL,
};

enum { WORKER_FILES_MAX = 16, SESSION_FILES_MAX = 256, RESOLVER_FILES_MAX = 64, EXPORTER_FILES_MAX = 512, SIGNER_FILES_MAX = 16, WORKER_MEMORY_MAX = 64 << 20 };

static int
make_empty_dir(void)
{
	char path[] = "/tmp/.sallyport-empty.XXXXXX";
	int fd;

	if (mkdtemp(path) == NULL)
		return -errno;
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (rmdir(path) < 0 || fd < 0) {
		if (fd >= 0)
			close(fd);
		return -errno;
	}
	return fd;
}

int
roles_prepare(struct roles *r)
{
	const struct passwd *pw;
	int err;

	*r = (struct roles){ .empty_dir = -1, .root_dir = -1, .nobody_uid = 65534, .nobody_gid = 65534 };
	if ((pw = getpwnam("nobody")) != NULL) {
		r->nobody_uid = pw->pw_uid;
		r->nobody_gid = pw->pw_gid;
	}
	if (geteuid() == 0 && (r->empty_dir = make_empty_dir()) < 0)
		return r->empty_dir;
	if ((r->root_dir = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
		return -errno;
	if ((err = role_filter_new(worker_syscalls, &r->worker)) != 0 ||
	    (err = role_filter_new(resolver_syscalls, &r->resolver)) != 0)
		return err;
	if ((err = role_filter_new(exporter_syscalls, &r->exporter)) != 0)
		return err;
	if ((err = role_filter_new(signer_syscalls, &r->signer)) != 0)
		return err;
	if ((err = role_filter_new(session_syscalls, &r->session)) != 0)
		return err;
	return role_filter_new(writer_syscalls, &r->writer);
}

void
roles_done(struct roles *r)
{
	role_filter_free(r->worker);
	role_filter_free(r->resolver);
	role_filter_free(r->exporter);
	role_filter_free(r->signer);
	role_filter_free(r->session);
	role_filter_free(r->writer);
	if (r->empty_dir >= 0)
		close(r->empty_dir);
	if (r->root_dir >= 0)
		close(r->root_dir);
}

int
roles_enter_worker(const struct roles *r, int peer_fd, int monitor_fd, char *report)
{
	const int keep[] = { peer_fd, monitor_fd, r->empty_dir };
	struct role role = {
		.name = "worker", .root_fd = r->empty_dir, .set_ids = geteuid() == 0, .uid = r->nobody_uid,
		.gid = r->nobody_gid, .files = ROLE_FILES_NONE, .tree_fd = -1, .files_max = WORKER_FILES_MAX, .memory_max = WORKER_MEMORY_MAX,
		.filter = r->worker, .keep = keep, .n_keep = ARRAY_LEN(keep),
	};

	return role_enter(&role, report);
}

int
roles_enter_resolver(const struct roles *r, int monitor_fd, char *report)
{
	const int keep[] = { monitor_fd, r->root_dir };
	struct role role = {
		.name = "resolver", .root_fd = -1, .set_ids = geteuid() == 0, .uid = r->nobody_uid, .gid = r->nobody_gid,
		.files = ROLE_FILES_READ, .tree_fd = r->root_dir, .may_connect = 1, .may_bind = 1, .files_max = RESOLVER_FILES_MAX,
		.memory_max = WORKER_MEMORY_MAX, .filter = r->resolver, .keep = keep, .n_keep = ARRAY_LEN(keep),
	};

	return role_enter(&role, report);
}

int
roles_enter_exporter(const struct roles *r, int listen_fd, int listener_fd, char *report)
{
	const int keep[] = { listen_fd, listener_fd, r->empty_dir };
	struct role role = {
		.name = "exporter", .root_fd = r->empty_dir, .set_ids = geteuid() == 0, .uid = r->nobody_uid, .gid = r->nobody_gid,
		.files = ROLE_FILES_NONE, .tree_fd = -1, .files_max = EXPORTER_FILES_MAX, .memory_max = WORKER_MEMORY_MAX,
		.filter = r->exporter, .keep = keep, .n_keep = ARRAY_LEN(keep),
	};

	return role_enter(&role, report);
}

int
roles_enter_signer(const struct roles *r, int listener_fd, char *report)
{
	const int keep[] = { listener_fd, r->empty_dir };
	struct role role = {
		.name = "signer", .root_fd = r->empty_dir, .set_ids = geteuid() == 0, .uid = r->nobody_uid, .gid = r->nobody_gid,
		.files = ROLE_FILES_NONE, .tree_fd = -1, .files_max = SIGNER_FILES_MAX, .memory_max = WORKER_MEMORY_MAX,
		.filter = r->signer, .keep = keep, .n_keep = ARRAY_LEN(keep),
	};

	return role_enter(&role, report);
}

/* As nice(1) and ionice(1) do it; that a kernel does not know the second is no matter. */
static void
lower_priority(int nice)
{
	enum { WHO_PROCESS = 1, CLASS_BEST_EFFORT = 2, CLASS_SHIFT = 13, LOWEST = 7, NICE_FOR_LOWEST = 10 };

	if (nice <= 0)
		return;
	(void)setpriority(PRIO_PROCESS, 0, nice);
	if (nice >= NICE_FOR_LOWEST)
		(void)syscall(SYS_ioprio_set, WHO_PROCESS, 0, CLASS_BEST_EFFORT << CLASS_SHIFT | LOWEST);
}

int
roles_enter_session(const struct roles *r, const struct session_identity *id, int peer_fd, int monitor_fd, char *report)
{
	const int keep[] = { peer_fd, monitor_fd, id->tree_fd, id->sums_fd };
	const uint64_t reads = CAP(CAP_DAC_READ_SEARCH), writes = CAP(CAP_CHOWN) | CAP(CAP_DAC_OVERRIDE) | CAP(CAP_FOWNER) |
	    CAP(CAP_FSETID) | CAP(CAP_MKNOD) | CAP(CAP_SETFCAP), atimes = CAP(CAP_FOWNER);
	struct role role = {
		.name = "session", .root_fd = id->jail ? id->tree_fd : -1, .set_ids = id->set_ids, .uid = id->uid, .gid = id->gid,
		.groups = id->groups, .n_groups = id->n_groups,
		.caps = reads | (id->writes ? writes : 0) | (id->keeps_atimes ? atimes : 0),
		.files = id->writes ? ROLE_FILES_WRITE : ROLE_FILES_READ, .tree_fd = id->tree_fd,
		.files_max = SESSION_FILES_MAX, .memory_max = id->memory_max, .filter = id->writes ? r->writer : r->session,
		.keep = keep, .n_keep = ARRAY_LEN(keep),
	};

	lower_priority(id->priority);
	return role_enter(&role, report);
}
