/* A module's directory: every path of a peer is resolved below it by openat2(2) with RESOLVE_BENEATH. */
#include "syncd/fs/root.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "syncd/fs/fake.h"

enum { LINKS_MAX = 40 };	/* followed for one path, as the kernel has it */

static int
open_beneath(int dirfd, const char *path, int flags, uint64_t resolve)
{
	/* openat2 takes no flag beside O_PATH that would mean nothing there */
	struct open_how how = { .flags = (uint64_t)(unsigned)(flags | O_CLOEXEC | (flags & O_PATH ? 0 : O_NOCTTY)),
	    .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | resolve };
	int tries = ROOT_TRIES;
	long fd;

	do	/* EAGAIN: a rename raced us */
		fd = syscall(SYS_openat2, dirfd, path[0] == '\0' ? "." : path, &how, sizeof how);
	while (fd < 0 && (errno == EAGAIN || errno == EINTR) && --tries > 0);
	return fd < 0 ? -errno : (int)fd;
}

int
root_open(const struct root *root, const char *path, int flags)
{
	return open_beneath(root->fd, path, flags | O_NOFOLLOW, 0);
}

int
root_open_follow(const struct root *root, const char *path, int flags)
{
	return open_beneath(root->fd, path, flags, 0);
}

int
root_open_strict(const struct root *root, const char *path, int flags)
{
	return open_beneath(root->fd, path, flags, RESOLVE_NO_SYMLINKS);
}

/* Attributes cannot be read through a descriptor that was opened for its path alone. */
static void
show_fake(const struct root *root, const char *path, int follow, struct stat *st)
{
	const int flags = O_RDONLY | O_NONBLOCK;
	int fd;

	if (!S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode))
		return;
	if ((fd = follow ? root_open_follow(root, path, flags) : root_open(root, path, flags)) < 0)
		return;
	fake_show(&(struct attr_of){ .fd = fd, .dir = -1 }, st);
	close(fd);
}

int
root_stat(const struct root *root, const char *path, int follow, struct stat *ret)
{
	int fd = follow ? root_open_follow(root, path, O_PATH) : root_open(root, path, O_PATH), r = 0;

	if (fd < 0)
		return fd;
	if (fstat(fd, ret) < 0)
		r = -errno;
	close(fd);
	if (r == 0 && root->fake)
		show_fake(root, path, follow, ret);
	return r;
}

bool
root_readable(const struct root *root, const char *path)
{
	int fd = root_open_follow(root, path, O_PATH);
	bool r = fd >= 0 && syscall(SYS_faccessat2, fd, "", R_OK, AT_EMPTY_PATH | AT_EACCESS) == 0;

	if (fd >= 0)
		close(fd);
	return r;
}

/* Whose is the link at this path?  1 and its target in link; 0: it is no link, or nothing is there; or -errno. */
static int
look_at_link(const struct root *root, const char *path, uid_t uid, char *link, size_t size)
{
	int fd = root_open_strict(root, path, O_PATH | O_NOFOLLOW), r = 0;
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	if (fstat(fd, &st) == 0 && S_ISLNK(st.st_mode)) {
		n = readlinkat(fd, "", link, size - 1);
		link[n > 0 ? n : 0] = '\0';
		r = n <= 0 ? -ENOENT : st.st_uid != 0 && st.st_uid != uid ? -ELOOP : link[0] == '/' ? -EXDEV : 1;
	}
	close(fd);
	return r;
}

/* Take the last component away; false at the root. */
static bool
go_up(char *path)
{
	char *slash = strrchr(path, '/');
	bool any = path[0] != '\0';

	*(slash == NULL ? path : slash) = '\0';
	return any;
}

/* path goes on along part, a component of n bytes. */
static int
go_down(char *path, size_t size, const char *part, size_t n)
{
	size_t at = strlen(path);

	if (at + n + 2 > size)
		return -ENAMETOOLONG;
	snprintf(path + at, size - at, "%s%.*s", at == 0 ? "" : "/", (int)n, part);
	return 0;
}

int
root_owned_path(const struct root *root, const char *path, uid_t uid, char *dst, size_t size)
{
	char rest[PATH_MAX], link[PATH_MAX], whole[2 * PATH_MAX];
	const char *at = rest;
	int links = 0, r = 0;

	dst[0] = '\0';
	if ((size_t)snprintf(rest, sizeof rest, "%s", path) >= sizeof rest)
		return -ENAMETOOLONG;
	for (at += strspn(at, "/"); *at != '\0'; at += strspn(at, "/")) {
		const char *part = at;
		size_t n = strcspn(at, "/");

		at += n;
		if (n == 1 && part[0] == '.')
			continue;
		if (n == 2 && part[0] == '.' && part[1] == '.') {
			if (!go_up(dst))
				return -EXDEV;
			continue;
		}
		if ((r = go_down(dst, size, part, n)) != 0 || (r = look_at_link(root, dst, uid, link, sizeof link)) < 0)
			return r;
		if (r == 0)
			continue;
		if (++links > LINKS_MAX)
			return -ELOOP;
		go_up(dst);
		if ((size_t)snprintf(whole, sizeof whole, "%s/%s", link, at) >= sizeof rest)
			return -ENAMETOOLONG;
		strcpy(rest, whole);
		at = rest;
	}
	return 0;
}

/* The bytes behind a descriptor, which is closed, or NULL. */
static char *
read_bytes(int fd, size_t max, size_t *ret_n)
{
	char *text = NULL;
	struct stat st;
	size_t got = 0;
	ssize_t n = 1;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size <= max)
		text = malloc((size_t)st.st_size + 1);
	while (text != NULL && got < (size_t)st.st_size && (n = read(fd, text + got, (size_t)st.st_size - got)) > 0)
		got += (size_t)n;
	close(fd);
	if (text != NULL && n < 0) {
		free(text);
		return NULL;
	}
	if (text != NULL)
		text[got] = '\0';
	*ret_n = got;
	return text;
}

char *
root_read_bytes(const struct root *root, const char *path, size_t max, size_t *ret_n)
{
	return read_bytes(root_open_follow(root, path, O_RDONLY | O_NONBLOCK), max, ret_n);
}

static char *
read_text(int fd, size_t max)
{
	size_t n;
	char *text = read_bytes(fd, max, &n);

	if (text == NULL || strlen(text) == n)
		return text;
	free(text);
	return NULL;
}

char *
root_read_text(const struct root *root, const char *path, size_t max)
{
	return read_text(root_open_follow(root, path, O_RDONLY | O_NONBLOCK), max);
}

char *
root_read_text_strict(const struct root *root, const char *path, size_t max)
{
	return read_text(root_open_strict(root, path, O_RDONLY | O_NONBLOCK), max);
}

void
opener_done(struct opener *o)
{
	if (o->fd >= 0)
		close(o->fd);
	free(o->path);
	o->fd = -1;
	o->path = NULL;
}

static int
hold_dir(struct opener *o, const char *dir)
{
	char *path;
	int fd;

	if (o->fd >= 0 && strcmp(o->path, dir) == 0)
		return 0;
	fd = o->strict ? root_open_strict(o->root, dir, O_PATH | O_DIRECTORY) : root_open_follow(o->root, dir, O_PATH | O_DIRECTORY);
	if (fd < 0)
		return fd;
	if ((path = strdup(dir)) == NULL) {
		close(fd);
		return -ENOMEM;
	}
	opener_done(o);
	o->fd = fd;
	o->path = path;
	return 0;
}

int
opener_regular(int fd, struct stat *ret_st)
{
	if (fstat(fd, ret_st) == 0 && S_ISREG(ret_st->st_mode))
		return 0;
	close(fd);
	return -EINVAL;
}

int
opener_dir(struct opener *o, const char *dir)
{
	int r = hold_dir(o, dir);

	return r != 0 ? r : o->fd;
}

/* Only who owns a file may leave its time of access alone. */
static int
open_leaf(int dir, const char *name, bool keep_atime)
{
	/* non-blocking: a FIFO put in the file's place must not hold us */
	const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
	int fd = keep_atime ? openat(dir, name, flags | O_NOATIME) : -1;

	if (fd < 0 && (!keep_atime || errno == EPERM))
		fd = openat(dir, name, flags);
	return fd < 0 ? -errno : fd;
}

int
opener_any(struct opener *o, const char *dir, const char *name)
{
	int r;

	if (name[0] == '\0' || strchr(name, '/') != NULL)
		return -EINVAL;
	if ((r = hold_dir(o, dir)) != 0)
		return r;
	return open_leaf(o->fd, name, o->keep_atime);
}

int
opener_file(struct opener *o, const char *dir, const char *name, struct stat *ret_st)
{
	int fd = opener_any(o, dir, name), r = fd < 0 ? fd : opener_regular(fd, ret_st);

	return r < 0 ? r : fd;
}

int
opener_followed(struct opener *o, const char *dir, const char *name, struct stat *ret_st)
{
	char *path;
	int fd, r;

	if (asprintf(&path, "%s%s%s", dir, dir[0] == '\0' ? "" : "/", name) < 0)
		return -ENOMEM;
	fd = root_open_follow(o->root, path, O_RDONLY | O_NONBLOCK | (o->keep_atime ? O_NOATIME : 0));
	if (fd == -EPERM && o->keep_atime)
		fd = root_open_follow(o->root, path, O_RDONLY | O_NONBLOCK);
	free(path);
	r = fd < 0 ? fd : opener_regular(fd, ret_st);
	return r < 0 ? r : fd;
}

int
opener_remove(struct opener *o, const char *dir, const char *name, const struct stat *was)
{
	struct stat st;
	int r;

	if (name[0] == '\0' || strchr(name, '/') != NULL)
		return -EINVAL;
	if ((r = hold_dir(o, dir)) != 0)
		return r;
	if (fstatat(o->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (st.st_dev != was->st_dev || st.st_ino != was->st_ino || (st.st_mode & S_IFMT) != (was->st_mode & S_IFMT) || S_ISDIR(st.st_mode) ||
	    (S_ISREG(st.st_mode) && st.st_size != was->st_size) || st.st_mtim.tv_sec != was->st_mtim.tv_sec ||
	    st.st_mtim.tv_nsec != was->st_mtim.tv_nsec)
		return -ESTALE;
	return unlinkat(o->fd, name, 0) < 0 ? -errno : 0;
}

void
closer_add(struct closer *c, int fd)
{
	if (fd < 0)
		return;
	c->fds[c->n++] = fd;
	if (c->n == CLOSER_MAX)
		closer_flush(c);
}

void
closer_flush(struct closer *c)
{
	int from = 0;

	for (int i = 1; i <= c->n; i++)
		if (i == c->n || c->fds[i] != c->fds[i - 1] + 1) {
			close_range((unsigned)c->fds[from], (unsigned)c->fds[i - 1], 0);
			from = i;
		}
	c->n = 0;
}
