/* The process that starts the unprivileged ones.  It is this program, executed anew when the daemon starts: it never
 * held the configuration, a secret or a listening socket, so what it forks knows nothing of them, and has an
 * address layout that is not the daemon's.  It has the daemon's rights, reads from processes of ours alone, and
 * gives a process what came with its order and nothing else. */
#ifndef SALLYPORT_SYNCD_SPAWNER_H
#define SALLYPORT_SYNCD_SPAWNER_H

#include "syncd/spawn.h"

/* Serve orders from fd until nobody can send one and the last process has ended.  The exit code. */
int spawner_main(int fd);

#endif
