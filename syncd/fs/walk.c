/* One directory is read, entry by entry (getdents(2)). */
#include "syncd/fs/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "syncd/fs/fake.h"

enum { WALK_BATCH = 32768 };	/* bytes of directory entries a system call */

struct walk {
	int fd;
	bool fake;
	int err;
	size_t at, len;
	_Alignas(struct dirent64) char batch[WALK_BATCH];
};

int
walk_open(const struct root *root, const char *path, struct walk **ret)
{
	int fd = root_open_follow(root, path, O_RDONLY | O_DIRECTORY);

	return fd < 0 ? fd : walk_over(fd, root->fake, ret);
}

int
walk_over(int fd, bool fake, struct walk **ret)
{
	struct walk *w;

	if ((w = malloc(sizeof *w)) == NULL) {
		close(fd);
		return -ENOMEM;
	}
	w->fd = fd;
	w->fake = fake;
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

static const struct dirent64 *
next_entry(struct walk *w)
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
			return d;
	}
}

bool
walk_next_name(struct walk *w, const char **ret, mode_t *ret_type)
{
	const struct dirent64 *d = next_entry(w);

	if (d == NULL)
		return false;
	*ret = d->d_name;
	*ret_type = DTTOIF(d->d_type);
	return true;
}

int
walk_lstat(const struct walk *w, const char *name, struct stat *ret)
{
	if (fstatat(w->fd, name, ret, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (w->fake)
		fake_show(&(struct attr_of){ .fd = -1, .dir = w->fd, .name = name }, ret);
	return 0;
}

bool
walk_next(struct walk *w, struct walk_item *ret)
{
	const struct dirent64 *d = next_entry(w);

	if (d == NULL)
		return false;
	ret->name = d->d_name;
	ret->err = walk_lstat(w, ret->name, &ret->st);
	return true;
}

int
walk_link(const struct walk *w, const char *name, char *dst, size_t size)
{
	ssize_t n = readlinkat(w->fd, name, dst, size);

	if (n < 0)
		return errno == EINVAL && w->fake ? fake_readlink(w->fd, name, dst, size) : -errno;
	if ((size_t)n >= size)
		return -ENAMETOOLONG;
	dst[n] = '\0';
	return (int)n;
}
