#include "tunnel/roles.h"

#define RELAY_CALLS \
	"read", "write", "readv", "writev", "recvfrom", "recvmsg", "sendto", "sendmsg", "shutdown", "close", "dup2", "dup3", \
	"epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "poll", "ppoll", \
	"getsockopt", "setsockopt", "getsockname", "getpeername", "fcntl", "fstat", "newfstatat", \
	"clock_gettime", "gettimeofday", "time", "getrandom", "getpid", "gettid", \
	"brk", "mmap", "munmap", "mremap", "mprotect", "madvise", "futex", \
	"rt_sigreturn", "rt_sigprocmask", "restart_syscall", "exit", "exit_group"

const char *const worker_syscalls[] = {
	RELAY_CALLS, "accept4", "socket", "connect", NULL,
};

const char *const helper_syscalls[] = { RELAY_CALLS, NULL };

struct role
roles_worker(const struct identity *id, const struct role_filter *filter)
{
	return (struct role){
		.name = "worker", .root_fd = id->jail_fd, .set_ids = id->changes_ids, .uid = id->uid, .gid = id->gid,
		.groups = &id->gid, .n_groups = 1, .files = ROLE_FILES_NONE, .tree_fd = -1, .may_connect = 1,
		.filter = filter,
	};
}
