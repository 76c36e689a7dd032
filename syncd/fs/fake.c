/* "fake super": type, owner and mode in the attribute user.rsync.%stat (rsyncd.conf(5), rsync(1), --fake-super). */
#include "syncd/fs/fake.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { TEXT_MAX = 128 };

static bool
is_type(unsigned mode)
{
	return S_ISREG(mode) || S_ISDIR(mode) || S_ISLNK(mode) || S_ISCHR(mode) || S_ISBLK(mode) || S_ISFIFO(mode) ||
	    S_ISSOCK(mode);
}

void
fake_show(const struct attr_of *of, struct stat *st)
{
	unsigned mode, major, minor, uid, gid;
	char text[TEXT_MAX];
	ssize_t n;
	int end = 0;

	if (!S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode))
		return;
	if ((n = attr_read(of, ATTR_FAKE_STAT, text, sizeof text - 1)) < 0)
		return;
	text[n] = '\0';
	if (sscanf(text, "%o %u,%u %u:%u%n", &mode, &major, &minor, &uid, &gid, &end) != 5 || text[end] != '\0')
		return;
	if ((mode & ~(unsigned)(S_IFMT | 07777)) != 0 || !is_type(mode) || S_ISDIR(mode) != S_ISDIR(st->st_mode))
		return;
	st->st_mode = mode;
	st->st_uid = uid;
	st->st_gid = gid;
	st->st_rdev = makedev(major, minor);
}

int
fake_keep(const struct attr_of *of, const struct stat *real, const struct stat *want)
{
	bool device = S_ISCHR(want->st_mode) || S_ISBLK(want->st_mode);
	char text[TEXT_MAX];
	int n;

	if (want->st_mode == real->st_mode && want->st_uid == real->st_uid && want->st_gid == real->st_gid)
		return (n = attr_remove(of, ATTR_FAKE_STAT)) == -ENOTSUP ? 0 : n;
	n = snprintf(text, sizeof text, "%o %u,%u %u:%u", want->st_mode, device ? major(want->st_rdev) : 0,
	    device ? minor(want->st_rdev) : 0, want->st_uid, want->st_gid);
	return attr_set(of, ATTR_FAKE_STAT, text, (size_t)n);
}

mode_t
fake_real_mode(mode_t seeming)
{
	return (seeming & 0777) | (S_ISDIR(seeming) ? 0700 : 0600);
}

int
fake_make(int dir, const char *name, mode_t mode, dev_t dev, const char *content)
{
	size_t n = strlen(content);
	ssize_t put;
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, fake_real_mode(mode)), r = 0;
	struct stat real, want;

	if (fd < 0)
		return -errno;
	if ((put = write(fd, content, n)) != (ssize_t)n)
		r = put < 0 ? -errno : -ENOSPC;
	else if (fstat(fd, &real) < 0)
		r = -errno;
	if (r == 0) {
		want = real;
		want.st_mode = mode;
		want.st_rdev = dev;
		r = fake_keep(&(struct attr_of){ .fd = fd, .dir = -1 }, &real, &want);
	}
	if (r != 0)
		unlinkat(dir, name, 0);
	close(fd);
	return r;
}

int
fake_readlink(int dir, const char *name, char *dst, size_t size)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY), r;
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = pread(fd, dst, size, 0);
	r = n < 0 ? -errno : (size_t)n >= size ? -ENAMETOOLONG : (int)n;
	if (r >= 0)
		dst[n] = '\0';
	close(fd);
	return r;
}
