#include "syncd/fs/attr.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

int
attr_open(struct opener *o, const char *dir, const char *name, bool is_dir, bool followed)
{
	char *path;
	struct stat st;
	int fd;

	if (!is_dir)
		return followed ? opener_followed(o, dir, name, &st) : opener_file(o, dir, name, &st);
	if (strcmp(name, ".") == 0)
		return root_open_follow(o->root, dir, O_RDONLY | O_DIRECTORY);
	if (asprintf(&path, "%s%s%s", dir, dir[0] == '\0' ? "" : "/", name) < 0)
		return -ENOMEM;
	fd = followed ? root_open_follow(o->root, path, O_RDONLY | O_DIRECTORY) :
	    root_open(o->root, path, O_RDONLY | O_DIRECTORY);
	free(path);
	return fd;
}

int
attr_names(int fd, struct buf *b)
{
	uint8_t *p;
	ssize_t n;

	buf_clear(b);
	if ((p = buf_reserve(b, ATTR_NAMES_MAX)) == NULL)
		return b->err;
	if ((n = flistxattr(fd, (char *)p, ATTR_NAMES_MAX)) < 0)
		return -errno;
	buf_commit(b, (size_t)n);
	return 0;
}

int
attr_value(int fd, const char *name, struct buf *b)
{
	uint8_t *p;
	ssize_t n;

	buf_clear(b);
	if ((p = buf_reserve(b, ATTR_VALUE_MAX)) == NULL)
		return b->err;
	if ((n = fgetxattr(fd, name, p, ATTR_VALUE_MAX)) < 0)
		return -errno;
	buf_commit(b, (size_t)n);
	return 0;
}

int
attr_set(int fd, const char *name, const void *value, size_t n)
{
	return fsetxattr(fd, name, value, n, 0) < 0 ? -errno : 0;
}

int
attr_remove(int fd, const char *name)
{
	return fremovexattr(fd, name) < 0 && errno != ENODATA ? -errno : 0;
}
