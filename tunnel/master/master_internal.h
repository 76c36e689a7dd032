/* What the rooms of the master share: master.c (configuration, signals, start and end) calls children.c (the processes). */
#ifndef SALLYPORT_TUNNEL_MASTER_MASTER_INTERNAL_H
#define SALLYPORT_TUNNEL_MASTER_MASTER_INTERNAL_H

#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/loop.h"
#include "lib/role.h"
#include "tunnel/service/scoreboard.h"
#include "tunnel/ipc/ctl.h"
#include "tunnel/ipc/identity.h"
#include "tunnel/service/limit.h"
#include "tunnel/master/reload.h"
#include "tunnel/service/roles.h"
#include "tunnel/service/service.h"
#include "tunnel/master/takeover.h"

enum kind { WORKER, SPAWNER, VAULT, EXPORTER };	/* of all but the first a generation has one each, where it needs them */

struct child {
	struct child *next;
	pid_t pid;
	int ctl_fd;
	int draining;
	enum kind kind;
	int leads;			/* the worker that runs programs of their own */
	uint64_t born;
	size_t row;			/* on the board; a worker's */
};

struct master {
	const struct source *from;
	struct loop *loop;
	struct plan plan;
	struct keep keep;
	struct identity id;
	uid_t vault_uid;
	gid_t vault_gid;
	struct role_filter *filter, *vault_filter, *exporter_filter;
	struct child *children;
	unsigned missing;		/* workers to start again */
	struct timer respawn;
	struct limits *limits;
	struct scoreboard *board;
	struct scoreboard_owners owners;	/* of its rows */
	struct watcher *watcher;	/* NULL: nothing was ever watched */
	struct handover *handover;	/* NULL: nobody can take over */
	struct takeover takeover;	/* of the process that serves before us */
	struct timer settled;		/* by then our workers have shown that they can */
	struct timer watchdog;		/* the service manager is told that the loop turns */
	_Atomic uint64_t *next_id;	/* one count for all workers there will ever be */
	int first;			/* still the generation of the start */
	int stopping;
	int handed;			/* another process serves: we leave with the last worker */
	int status;
};

/* The configuration that is in force. */
static inline const struct tun_conf *
conf_of(const struct master *m)
{
	return m->plan.services->conf;
}

/* How many workers there are to be: one for each processor, unless the configuration says. */
unsigned children_wanted(const struct master *m);

/* Start one child of that kind.  0 or -errno. */
int children_start(struct master *m, enum kind kind);

/* A worker's channel to the spawner or the vault of this generation; *ret_fd is -1 when there is none.  0 or -errno. */
int children_channel(struct master *m, enum kind to, int *ret_fd);

/* Start whatever is missing (m->missing workers, and those that they need); what cannot be started now is tried
 * again in a moment.  A timer's function: arg is the master. */
void children_fill(void *arg);

/* Say it to all, with a descriptor or -1. */
void children_tell(struct master *m, enum ctl what, int fd);

/* The generation accepts no more, and leaves with its last connection. */
void children_drain(struct master *m);

/* After SIGCHLD: who has gone is told of, and replaced unless it was to go. */
void children_reap(struct master *m);

/* End them all and wait for them. */
void children_kill(struct master *m);

#endif
