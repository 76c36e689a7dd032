#include "tunnel/roles.h"

#include "tunnel/syscalls.h"

const char *const worker_syscalls[] = { RELAY_SYSCALLS, "accept4", "socket", "connect", NULL };

struct role
roles_worker(const struct identity *id, const struct role_filter *filter)
{
	return (struct role){
		.name = "worker", .root_fd = id->jail_fd, .set_ids = id->changes_ids, .uid = id->uid, .gid = id->gid,
		.groups = &id->gid, .n_groups = 1, .files = ROLE_FILES_NONE, .tree_fd = -1, .may_connect = 1,
		.filter = filter,
	};
}
