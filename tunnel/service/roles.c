#include "tunnel/service/roles.h"

#include <linux/capability.h>
#include <unistd.h>

#include "tunnel/ipc/syscalls.h"

const char *const worker_syscalls[] = { RELAY_SYSCALLS, "accept4", "socket", "connect", "bind", NULL };

const char *const exporter_syscalls[] = { RELAY_SYSCALLS, "accept4", NULL };

/* No descriptor but those it is sent, no address, no other process. */
const char *const vault_syscalls[] = {
	"read", "write", "writev", "recvfrom", "recvmsg", "sendto", "sendmsg", "close", "dup3", "epoll_ctl", "epoll_wait", "epoll_pwait",
	"fcntl", "fstat", "newfstatat", "clock_gettime", "gettimeofday", "time", "getrandom", "getpid", "gettid", "brk", "mmap", "munmap",
	"mremap", "mprotect", "madvise", "futex", "rt_sigreturn", "rt_sigprocmask", "restart_syscall", "exit", "exit_group", NULL,
};

struct role
roles_vault(uid_t uid, gid_t gid, const struct role_filter *filter)
{
	return (struct role){
		.name = "vault", .root_fd = -1, .set_ids = geteuid() == 0, .uid = uid, .gid = gid, .files = ROLE_FILES_NONE, .tree_fd = -1,
		.filter = filter,
	};
}

struct role
roles_exporter(const struct identity *id, const struct role_filter *filter)
{
	return (struct role){
		.name = "exporter", .root_fd = id->jail_fd, .set_ids = id->changes_ids, .uid = id->uid, .gid = id->gid,
		.groups = &id->gid, .n_groups = 1, .files = ROLE_FILES_NONE, .tree_fd = -1, .filter = filter,
	};
}

struct role
roles_worker(const struct identity *id, const struct service_set *services, const struct role_filter *filter)
{
	int binds = 0, spoofs = 0;

	for (size_t i = 0; i < services->n; i++) {
		const struct tun_service *conf = services->v[i].conf;

		spoofs |= (conf->plain.transparent & TRANSPARENT_SOURCE) != 0;
		binds |= spoofs || services->v[i].local.n > 0;
	}
	return (struct role){
		.name = "worker", .root_fd = id->jail_fd, .set_ids = id->changes_ids, .uid = id->uid, .gid = id->gid,
		.groups = &id->gid, .n_groups = 1, .files = ROLE_FILES_NONE, .tree_fd = -1, .may_connect = 1, .may_bind = binds,
		.caps = spoofs ? UINT64_C(1) << CAP_NET_ADMIN | UINT64_C(1) << CAP_NET_RAW : 0,
		.filter = filter,
	};
}
