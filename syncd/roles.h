/* What each process may still do, as data. */
#ifndef SALLYPORT_SYNCD_ROLES_H
#define SALLYPORT_SYNCD_ROLES_H

#include "lib/role.h"

struct roles {
	int empty_dir;		/* an empty directory that is already removed: nothing can be made in it */
	int root_dir;		/* "/" */
	uid_t nobody_uid;
	gid_t nobody_gid;
	struct role_filter *worker, *session, *writer, *resolver, *exporter, *signer;
};

/* Prepare what the roles need; once, in the spawner.  0 or -errno. */
int roles_prepare(struct roles *r);
void roles_done(struct roles *r);

/* The worker: it reads a stranger's first words, and can do nothing else. */
int roles_enter_worker(const struct roles *r, int peer_fd, int monitor_fd, char *report);

/* Looks names up: may read what everybody may, and speak to name servers. */
int roles_enter_resolver(const struct roles *r, int monitor_fd, char *report);

/* Answers HTTP on a socket that it is given, with numbers that it has. */
int roles_enter_exporter(const struct roles *r, int listen_fd, int listener_fd, char *report);

/* Signs what the listener asks for. */
int roles_enter_signer(const struct roles *r, int listener_fd, char *report);

enum { SESSION_GROUPS_MAX = 64 };

struct session_identity {
	int tree_fd;		/* the module's directory */
	int sums_fd;		/* the file of its checksum cache; -1: none */
	int jail;		/* it is the process's root, too */
	int priority;		/* niceness to run at, 0 to 19 */
	int set_ids;
	uid_t uid;
	gid_t gid;
	const gid_t *groups;
	size_t n_groups;
	int writes;
	int keeps_atimes;	/* of files that are not its own */
	uint64_t memory_max;	/* bytes; 0: no bound */
};

/* The session: the module's identity, its files and nothing else. */
int roles_enter_session(const struct roles *r, const struct session_identity *id, int peer_fd, int monitor_fd,
    char *report);

#endif
