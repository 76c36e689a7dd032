#include "client-wrap/deadline.h"

#include <errno.h>
#include <string.h>

#include "lib/err.h"
#include "lib/loop.h"

int
deadline_poll(const struct deadline *d, struct pollfd *fds, size_t n, uint64_t most_ms)
{
	struct pollfd all[DEADLINE_FDS_MAX];
	uint64_t now = loop_clock(), over = most_ms < UINT64_MAX - now ? now + most_ms : UINT64_MAX, end;
	int ready;

	if (n >= DEADLINE_FDS_MAX)
		return E_LIMIT;
	end = over < d->until ? over : d->until;
	memcpy(all, fds, n * sizeof *fds);
	all[n] = (struct pollfd){ .fd = d->life_fd };	/* asked for nothing: told of its reader's end */
	do {
		now = loop_clock();
		ready = poll(all, (nfds_t)n + 1, now < end ? (int)(end - now) : 0);
	} while (ready < 0 && errno == EINTR);
	if (ready < 0)
		return -errno;
	if (all[n].revents != 0)
		return -ECANCELED;
	memcpy(fds, all, n * sizeof *fds);
	if (ready > 0)
		return ready;
	return loop_clock() >= d->until ? E_TIMEOUT : 0;
}

int
deadline_wait(const struct deadline *d, int fd, short events)
{
	struct pollfd p = { fd, events, 0 };
	int r;

	while ((r = deadline_poll(d, &p, 1, UINT64_MAX)) == 0)
		;
	return r < 0 ? r : 0;
}
