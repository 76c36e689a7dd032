#include "client-wrap/keep.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/trusted.h"
#include "lib/write_all.h"

static int
make_parents(const char *path)
{
	char dir[PATH_MAX];

	for (const char *at = strchr(path + 1, '/'); at != NULL; at = strchr(at + 1, '/')) {
		snprintf(dir, sizeof dir, "%.*s", (int)(at - path), path);
		if (mkdir(dir, 0700) < 0 && errno != EEXIST)
			return -errno;
	}
	return 0;
}

int
keep_file(const char *path, const void *bytes, size_t n)
{
	char leaf[NAME_MAX + 1], fresh[NAME_MAX + 32];
	int dir, fd, r = make_parents(path);

	if (r != 0 || (dir = trusted_parent(path, leaf)) < 0)
		return r != 0 ? r : dir;
	snprintf(fresh, sizeof fresh, ".%.200s.%ld", leaf, (long)getpid());
	unlinkat(dir, fresh, 0);
	if ((fd = openat(dir, fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)) < 0)
		r = -errno;
	else if ((r = write_all_synced(fd, bytes, n)) == 0 && renameat(dir, fresh, dir, leaf) < 0)
		r = -errno;
	if (fd >= 0)
		close(fd);
	if (r != 0)
		unlinkat(dir, fresh, 0);
	close(dir);
	return r;
}
