/* Another program, asked one question: its answer is bounded, and so is the time that it has. */
#ifndef SALLYPORT_DEPLOY_VERIFY_RUN_H
#define SALLYPORT_DEPLOY_VERIFY_RUN_H

#include <stddef.h>

#include "lib/buf.h"

enum { RUN_SECONDS = 10, RUN_OUTPUT_MAX = 8 << 20 };

struct run {
	int network;		/* a network namespace that it is started in (run_network); -1: our own */
	const char *input;	/* what it reads; NULL: nothing */
	const char *const *environment;	/* NULL-ended; NULL: ours */
};

/* Run argv[0], an absolute path.  What it writes, to stderr too, is appended to ret.  Its exit status from 0 to 255, or -errno:
 * -ETIME when it had to be ended, -EFBIG when it said too much, -ECHILD when a signal ended it. */
int run_program(const char *const argv[], const struct run *how, struct buf *ret);

/* A network namespace of nobody's, with nothing in it, to try rules in.  A descriptor or -errno. */
int run_network(void);

/* The first of the directories of system programs that has it: "/usr/sbin/nft" into dst.  0 or -ENOENT. */
int run_find(const char *program, char *dst, size_t size);

#endif
