/* One end for all that happens before the transfer: look-up, connection, proxy and handshake share it.  Whoever started us may be
 * gone earlier. */
#ifndef SALLYPORT_CLIENT_WRAP_DEADLINE_H
#define SALLYPORT_CLIENT_WRAP_DEADLINE_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

struct deadline {
	uint64_t until;			/* of loop_clock */
	int life_fd;			/* the writing end of a pipe whose reader is who started us; -1: nobody */
};

enum { DEADLINE_FDS_MAX = 17 };

/* Wait until something is ready among fds (n of them, less than DEADLINE_FDS_MAX), or most_ms have passed.  How many are ready, 0
 * when most_ms are over, E_TIMEOUT at the end, -ECANCELED when who started us is gone, or -errno. */
int deadline_poll(const struct deadline *d, struct pollfd *fds, size_t n, uint64_t most_ms);

/* The same for one descriptor, until the end: 0 when it is ready, or the error. */
int deadline_wait(const struct deadline *d, int fd, short events);

#endif
