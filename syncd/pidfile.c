/* "pid file": written and locked for the daemon's life (rsyncd.conf(5)). */
#include "syncd/pidfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/trusted.h"

enum { PIDFILE_MAX = 32 };

/* Is the file of that name there the open one, and nothing but a pid?  One of another size, or with a second name, is
 * somebody's data. */
static int
is_ours(int dir, const char *leaf, int fd)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && fstatat(dir, leaf, &b, AT_SYMLINK_NOFOLLOW) == 0 && a.st_dev == b.st_dev &&
	    a.st_ino == b.st_ino && S_ISREG(a.st_mode) && a.st_nlink == 1 && a.st_size <= PIDFILE_MAX;
}

static int
create_at(int dir, const char *leaf)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 4 };
	int fd, r;

	if ((fd = openat(dir, leaf, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0644)) < 0)
		return -errno;
	if (!is_ours(dir, leaf, fd))
		r = -EEXIST;
	else if (fcntl(fd, F_SETLK, &lock) < 0)
		r = -errno;
	else if (ftruncate(fd, 0) < 0 || dprintf(fd, "%d\n", (int)getpid()) < 0)
		r = -errno;
	else
		return fd;
	close(fd);
	return r;
}

int
pidfile_create(const char *path)
{
	char leaf[NAME_MAX + 1];
	int dir = trusted_parent(path, leaf), fd;

	if (dir < 0)
		return dir;
	fd = create_at(dir, leaf);
	close(dir);
	return fd;
}

void
pidfile_remove(const char *path, int fd)
{
	char leaf[NAME_MAX + 1];
	int dir;

	if (fd < 0)
		return;
	if ((dir = trusted_parent(path, leaf)) >= 0) {
		if (is_ours(dir, leaf, fd))
			unlinkat(dir, leaf, 0);
		close(dir);
	}
	close(fd);
}
