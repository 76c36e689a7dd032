#include "syncd/fs/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WALK_BATCH = 32768 };	/* bytes of directory entries a system call */

struct walk {
	int fd;
	int err;
	size_t at, len;
	_Alignas(struct dirent64) char batch[WALK_BATCH];
};

int
walk_open(const struct root *root, const char *path, struct walk **ret)
{
	struct walk *w;
	int fd = root_open_follow(root, path, O_RDONLY | O_DIRECTORY);

	if (fd < 0)
		return fd;
	if ((w = malloc(sizeof *w)) == NULL) {
		close(fd);
		return -ENOMEM;
	}
	w->fd = fd;
	w->err = 0;
	w->at = w->len = 0;
	*ret = w;
	return 0;
}

void
walk_close(struct walk *w)
{
	if (w == NULL)
		return;
	close(w->fd);
	free(w);
}

int
walk_error(const struct walk *w)
{
	return w->err;
}

static const char *
next_name(struct walk *w)
{
	const struct dirent64 *d;
	ssize_t n;

	for (;;) {
		if (w->at == w->len) {
			if ((n = getdents64(w->fd, w->batch, sizeof w->batch)) < 0)
				w->err = -errno;
			if (n <= 0)
				return NULL;
			w->at = 0;
			w->len = (size_t)n;
		}
		d = (const struct dirent64 *)(w->batch + w->at);
		w->at += d->d_reclen;
		if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0)
			return d->d_name;
	}
}

bool
walk_next(struct walk *w, struct walk_item *ret)
{
	if ((ret->name = next_name(w)) == NULL)
		return false;
	ret->err = fstatat(w->fd, ret->name, &ret->st, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
	return true;
}

int
walk_link(const struct walk *w, const char *name, char *dst, size_t size)
{
	ssize_t n = readlinkat(w->fd, name, dst, size);

	if (n < 0)
		return -errno;
	if ((size_t)n >= size)
		return -ENAMETOOLONG;
	dst[n] = '\0';
	return (int)n;
}
