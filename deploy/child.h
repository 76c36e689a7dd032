/* One program run as a part of a foreground job: what it says comes line by line, and it does not outlive us, however we end. */
#ifndef SALLYPORT_DEPLOY_CHILD_H
#define SALLYPORT_DEPLOY_CHILD_H

#include <sys/types.h>

#include "lib/buf.h"
#include "lib/loop.h"

struct child {
	const char *name;	/* set by the caller, as said and arg: "daemon" */
	void (*said)(void *arg, struct child *c, const char *line);	/* any bytes but NUL and line ends */
	void *arg;
	pid_t pid;		/* 0: not running */
	int status;		/* as waitpid(2) gives it, once it ran and ended */
	struct loop *loop;
	struct watch out;
	struct buf line;
};

/* Start argv[0] (a path) in a process group of its own, /dev/null as its input.  0 or -errno. */
int child_start(struct child *c, struct loop *l, const char *const argv[]);

/* After SIGCHLD: 1 when it has just ended (its last words were told, and whatever it left in
 * its process group was killed), else 0. */
int child_reap(struct child *c);

/* To the program alone; nothing when it does not run. */
void child_signal(struct child *c, int signo);

/* Free what it holds; the program must have ended, or never started. */
void child_done(struct child *c);

/* "exited with status 3", "was ended by signal 9 (Killed)" */
const char *child_fate(const struct child *c, char *dst, size_t size);

/* Find a program: *env when that is set, else beside our own program, in ../sbin from there, in
 * PATH.  0 or -ENOENT. */
int child_find(const char *env, const char *program, char *dst, size_t size);

#endif
