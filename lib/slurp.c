#include "lib/slurp.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/trusted.h"

enum { PIECE = 65536 };

int
slurp_fd(int fd, size_t max, struct buf *ret)
{
	size_t before = buf_len(ret);
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) == 0 && st.st_size > 0 && (uintmax_t)st.st_size <= max &&	/* growing would leave copies behind */
	    buf_reserve(ret, (size_t)st.st_size + PIECE + 1) == NULL)
		return -ENOMEM;
	do {
		uint8_t *p = buf_reserve(ret, PIECE);

		if (p == NULL)
			return -ENOMEM;
		while ((n = read(fd, p, PIECE)) < 0 && errno == EINTR)
			;
		if (n < 0)
			return -errno;
		buf_commit(ret, (size_t)n);
		if (buf_len(ret) - before > max)
			return -EFBIG;
	} while (n > 0);
	return 0;
}

int
slurp_trusted(const char *path, size_t max, struct buf *ret)
{
	int fd = trusted_file(path, O_RDONLY, 0), r;

	if (fd < 0)
		return fd;
	r = slurp_fd(fd, max, ret);
	close(fd);
	return r;
}
