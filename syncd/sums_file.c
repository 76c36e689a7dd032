/* DIR/MODULE.sums, for syncd/fs/sum_cache.h: a section's name has no "/". */
#include "config.h"

#include "syncd/sums_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/is_set.h"
#include "lib/trusted.h"

int
sums_file_open(const struct module_conf *m, int *ret_fd)
{
	char path[PATH_MAX];
	const off_t size = (off_t)m->checksum_cache_size << 20;
	struct stat st;
	int fd;

	*ret_fd = -1;
	if (!is_set(m->checksum_cache))
		return 0;
	if (snprintf(path, sizeof path, "%s/%s.sums", m->checksum_cache, m->name) >= (int)sizeof path)
		return -ENAMETOOLONG;
	if ((fd = trusted_file(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600)) < 0)
		return fd;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_size == size || (ftruncate(fd, 0) == 0 && ftruncate(fd, size) == 0))) {
		*ret_fd = fd;
		return 0;
	}
	close(fd);
	return -EINVAL;
}
