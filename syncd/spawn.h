/* The asking side of the spawner (syncd/spawner.h): start it, and have it start an unprivileged process. */
#ifndef SALLYPORT_SYNCD_SPAWN_H
#define SALLYPORT_SYNCD_SPAWN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum spawn_kind { SPAWN_WORKER, SPAWN_SESSION, SPAWN_RESOLVER, SPAWN_EXPORTER, SPAWN_SIGNER, SPAWN_KINDS };

/* Descriptors that go with an order. */
enum {
	SPAWN_CONTROL,		/* closed by us: the process is killed.  It brings four bytes: how it ended, as wait(2) says it */
	SPAWN_CHANNEL,		/* the process's end of its pair with the monitor (syncd/privmsg.h) */
	SPAWN_BOOT,		/* what it is told at its start, a file; -1: nothing */
	SPAWN_PEER,		/* the connection; -1: none */
	SPAWN_ROOT,		/* the module's directory; -1: none */
	SPAWN_SUMS,		/* the file of its checksum cache; -1: none */
	SPAWN_FDS,
};

struct spawn_order {
	enum spawn_kind kind;
	int boot, peer, root, sums;	/* -1: none; they stay the caller's */
	uint64_t deadline;	/* a worker's, ms on the monotonic clock */
	uint32_t greeted;	/* a worker: bytes of the greeting that are already on their way */
	bool proxied;		/* a worker: a PROXY header comes first */
	uint64_t memory_max;	/* of all sessions together, bytes; 0: no bound */
};

/* What is left to us of a process that was asked for: both are the caller's. */
struct spawned {
	int channel;
	int control;
};

struct spawner_link {
	int fd;
	pid_t pid;
};

/* argv[1] of the spawner: its socket is descriptor SPAWNER_FD. */
#define SPAWNER_ARG "--spawner"
enum { SPAWNER_FD = 3 };

/* Execute this program anew as the spawner, with a few variables of the environment and no descriptor but its
 * socket.  0 or -errno; close(ret->fd) ends it, after the last process it started. */
int spawner_start(struct spawner_link *ret);

/* Have a process started.  A spawner that is behind is waited for, or with SPAWN_NOW -EAGAIN: the socket is writable again when
 * it has caught up.  0 or -errno.  What goes wrong in the spawner shows as the end of the channel. */
enum { SPAWN_WAIT, SPAWN_NOW };
int spawn_process(int spawner_fd, const struct spawn_order *o, int when, struct spawned *ret);

/* A sealed file in memory with these bytes, for SPAWN_BOOT.  A descriptor, the caller's, or -errno. */
int spawn_boot(const void *bytes, size_t n);

/* Waits for the end of a process: how it was, as wait(2) says it, and SPAWN_OVER_MEMORY beside it where it was ended because
 * all sessions together held more than memory_max.  0, -errno, or E_EOF when the spawner cannot say. */
enum { SPAWN_OVER_MEMORY = 1 << 16 };
int spawn_wait(int control, int *ret_status);

#endif
