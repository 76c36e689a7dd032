#include "syncd/pidfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIDFILE_MAX = 32 };

/* A file of that size or with that content is somebody's data, not a pid. */
static int
is_ours(const char *path, int fd)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && lstat(path, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino &&
	    S_ISREG(a.st_mode) && a.st_size <= PIDFILE_MAX;
}

int
pidfile_create(const char *path)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 4 };
	struct stat st;
	int fd, r;

	if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode) && unlink(path) < 0)
		return -errno;
	if ((fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0664)) < 0)
		return -errno;
	if (fcntl(fd, F_SETLK, &lock) < 0)
		r = -errno;
	else if (!is_ours(path, fd))
		r = -EEXIST;
	else if (ftruncate(fd, 0) < 0 || dprintf(fd, "%d\n", (int)getpid()) < 0)
		r = -errno;
	else
		return fd;
	close(fd);
	return r;
}

void
pidfile_remove(const char *path, int fd)
{
	if (fd < 0)
		return;
	unlink(path);
	close(fd);
}
