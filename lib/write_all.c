#include "lib/write_all.h"

#include <errno.h>
#include <unistd.h>

int
write_all(int fd, const void *bytes, size_t n)
{
	const char *at = bytes;

	while (n > 0) {
		ssize_t w = write(fd, at, n);

		if (w < 0 && errno != EINTR)
			return -errno;
		at += w < 0 ? 0 : w;
		n -= w < 0 ? 0 : (size_t)w;
	}
	return 0;
}

int
write_all_synced(int fd, const void *bytes, size_t n)
{
	int r = write_all(fd, bytes, n);

	return r == 0 && fsync(fd) < 0 ? -errno : r;
}
