/* Extended attributes of one object (xattr(7)), never through a link, also as "fake super" names them. */
#include "syncd/fs/attr.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

static const char own[] = "user.rsync.";
enum { OWN_SIZE = sizeof own - 1, NAME_SIZE = 256 };	/* XATTR_NAME_MAX and its end */

/* Kernels before 6.13 have no call for a name below a held directory: it is looked up from the working one. */
static int
stand_in(const struct attr_of *of)
{
	return of->dir < 0 ? -EBADF : fchdir(of->dir) < 0 ? -errno : 0;
}

/* The name that the kernel knows it by.  dst holds it where it is another.  NULL: there is no such name; one that
 * would become what fake.h keeps is none, whoever asks for it. */
static const char *
real_name(const struct attr_of *of, const char *name, char dst[NAME_SIZE])
{
	if (!of->fake || strncmp(name, "user.", 5) == 0)
		return name;
	if (name[0] == '%')
		return NULL;
	return (size_t)snprintf(dst, NAME_SIZE, "%s%s", own, name) < NAME_SIZE ? dst : NULL;
}

/* Make ready for a call about the attribute: *name becomes its real name.  0 or -errno. */
static int
reach(const struct attr_of *of, const char **name, char real[NAME_SIZE])
{
	if ((*name = real_name(of, *name, real)) == NULL)
		return -ERANGE;
	return of->fd < 0 ? stand_in(of) : 0;
}

/* From a list of real names those that are shown, as they are shown. */
static size_t
show_names(char *list, size_t n)
{
	size_t kept = 0;

	for (size_t at = 0; at < n;) {
		size_t len = strlen(list + at) + 1;
		bool ours = strncmp(list + at, own, OWN_SIZE) == 0;

		if (strncmp(list + at, "user.", 5) == 0 && !(ours && list[at + OWN_SIZE] == '%')) {
			size_t skip = ours ? OWN_SIZE : 0;

			memmove(list + kept, list + at + skip, len - skip);
			kept += len - skip;
		}
		at += len;
	}
	return kept;
}

int
attr_stat(const struct attr_of *of, struct stat *ret)
{
	int r = of->fd >= 0 ? fstat(of->fd, ret) : fstatat(of->dir, of->name, ret, AT_SYMLINK_NOFOLLOW);

	return r < 0 ? -errno : 0;
}

int
attr_names(const struct attr_of *of, struct buf *b)
{
	char *p;
	ssize_t n;
	int r;

	buf_clear(b);
	if ((p = (char *)buf_reserve(b, ATTR_NAMES_MAX)) == NULL)
		return b->err;
	if (of->fd < 0 && (r = stand_in(of)) != 0)
		return r;
	n = of->fd >= 0 ? flistxattr(of->fd, p, ATTR_NAMES_MAX) : llistxattr(of->name, p, ATTR_NAMES_MAX);
	if (n < 0)
		return -errno;
	buf_commit(b, of->fake ? show_names(p, (size_t)n) : (size_t)n);
	return 0;
}

ssize_t
attr_read(const struct attr_of *of, const char *name, void *dst, size_t size)
{
	ssize_t n;
	int r;

	if (of->fd < 0 && (r = stand_in(of)) != 0)
		return r;
	n = of->fd >= 0 ? fgetxattr(of->fd, name, dst, size) : lgetxattr(of->name, name, dst, size);
	return n < 0 ? -errno : n;
}

int
attr_value(const struct attr_of *of, const char *name, struct buf *b)
{
	char real[NAME_SIZE];
	uint8_t *p;
	ssize_t n;

	buf_clear(b);
	if ((p = buf_reserve(b, ATTR_VALUE_MAX)) == NULL)
		return b->err;
	if ((name = real_name(of, name, real)) == NULL)
		return -ERANGE;
	if ((n = attr_read(of, name, p, ATTR_VALUE_MAX)) < 0)
		return (int)n;
	buf_commit(b, (size_t)n);
	return 0;
}

int
attr_set(const struct attr_of *of, const char *name, const void *value, size_t n)
{
	char real[NAME_SIZE];
	int r;

	if ((r = reach(of, &name, real)) != 0)
		return r;
	r = of->fd >= 0 ? fsetxattr(of->fd, name, value, n, 0) : lsetxattr(of->name, name, value, n, 0);
	return r < 0 ? -errno : 0;
}

int
attr_remove(const struct attr_of *of, const char *name)
{
	char real[NAME_SIZE];
	int r;

	if ((r = reach(of, &name, real)) != 0)
		return r;
	r = of->fd >= 0 ? fremovexattr(of->fd, name) : lremovexattr(of->name, name);
	return r < 0 && errno != ENODATA ? -errno : 0;
}
