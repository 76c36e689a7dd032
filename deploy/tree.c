#include "deploy/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/slurp.h"

enum { BACKUPS_MAX = 1000 };

int
tree_open(const char *root, bool make)
{
	int fd;

	if (make && mkdir(root, 0755) < 0 && errno != EEXIST)
		return -errno;
	fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* One step down; dirfd is closed. */
static int
enter(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), r = fd < 0 ? -errno : fd;

	close(dirfd);
	return r;
}

/* The directory above path; *leaf is the last part of path.  A descriptor or -errno. */
static int
parent(int root, const char *path, const char **leaf)
{
	int fd = fcntl(root, F_DUPFD_CLOEXEC, 0);
	char name[NAME_MAX + 1];

	for (const char *p = path; fd >= 0; ) {
		size_t n = strcspn(p, "/");

		if (p[n] == '\0') {
			*leaf = p;
			return fd;
		}
		if (n > NAME_MAX) {
			close(fd);
			return -ENAMETOOLONG;
		}
		memcpy(name, p, n);
		name[n] = '\0';
		fd = enter(fd, name);
		p += n + 1;
	}
	return fd;
}

int
tree_dir(int root, const char *path)
{
	const char *leaf;
	int fd = parent(root, path, &leaf);

	return fd < 0 ? fd : enter(fd, leaf);
}

static int
make_dir(int root, const char *path)
{
	const char *leaf;
	int dir = parent(root, path, &leaf), r = 0;

	if (dir < 0)
		return dir;
	if (mkdirat(dir, leaf, 0755) == 0)
		r = fchmodat(dir, leaf, 0755, 0) < 0 ? -errno : 0;	/* whatever the umask */
	else if (errno != EEXIST)
		r = -errno;
	close(dir);
	return r;
}

int
tree_dirs(int root, const char *path)
{
	char dir[PATH_MAX];
	int r = 0;

	for (const char *p = strchr(path, '/'); p != NULL && r == 0; p = strchr(p + 1, '/')) {
		snprintf(dir, sizeof dir, "%.*s", (int)(p - path), path);
		r = make_dir(root, dir);
	}
	return r;
}

int
tree_missing(int root, const char *path, void (*tell)(void *arg, const char *dir), void *arg)
{
	char dir[PATH_MAX];
	const char *leaf;
	int fd = 0;

	for (const char *p = strchr(path, '/'); p != NULL; p = strchr(p + 1, '/')) {
		snprintf(dir, sizeof dir, "%.*s/", (int)(p - path), path);	/* its parent is the directory itself */
		if (fd >= 0 && (fd = parent(root, dir, &leaf)) >= 0)
			close(fd);
		else if (fd != -ENOENT)
			return fd;
		dir[p - path] = '\0';
		if (fd == -ENOENT)
			tell(arg, dir);
	}
	return 0;
}

int
tree_read(int root, const char *path, struct buf *ret, struct stat *st)
{
	const char *leaf;
	int dir = parent(root, path, &leaf), fd, r;

	if (dir < 0)
		return dir;
	if (fstatat(dir, leaf, st, AT_SYMLINK_NOFOLLOW) < 0)
		r = -errno;
	else if (!S_ISREG(st->st_mode))
		r = -EEXIST;
	else if ((fd = openat(dir, leaf, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)) < 0)
		r = -errno;
	else {
		r = slurp_fd(fd, TREE_FILE_MAX, ret);
		close(fd);
	}
	close(dir);
	return r;
}

static void
staged_name(const char *leaf, char dst[NAME_MAX + 1])
{
	snprintf(dst, NAME_MAX + 1, ".%.200s.sallyport-new", leaf);
}

/* The bytes are on the disk before the name is: after a power failure the file is the old one or the new one. */
static int
sync_file(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC), r = 0;

	if (fd < 0)
		return -errno;
	if (fsync(fd) < 0)
		r = -errno;
	close(fd);
	return r;
}

int
tree_stage(int root, const char *path, struct emit *text, unsigned mode, bool sync)
{
	char name[NAME_MAX + 1];
	const char *leaf;
	int dir = parent(root, path, &leaf), r;

	if (dir < 0)
		return dir;
	staged_name(leaf, name);
	r = unlinkat(dir, name, 0) < 0 && errno != ENOENT ? -errno : 0;
	if (r == 0 && (r = emit_save(text, dir, name, 0600)) == 0) {
		r = fchmodat(dir, name, (mode_t)mode, 0) < 0 ? -errno : 0;
		r = r == 0 && sync ? sync_file(dir, name) : r;
	}
	if (r != 0)
		unlinkat(dir, name, 0);
	close(dir);
	return r;
}

int
tree_commit(int root, const char *path, bool sync)
{
	char name[NAME_MAX + 1];
	const char *leaf;
	int dir = parent(root, path, &leaf), r;

	if (dir < 0)
		return dir;
	staged_name(leaf, name);
	r = renameat(dir, name, dir, leaf) < 0 || (sync && fsync(dir) < 0) ? -errno : 0;
	close(dir);
	return r;
}

int
tree_unstage(int root, const char *path)
{
	char name[NAME_MAX + 1];
	const char *leaf;
	int dir = parent(root, path, &leaf), r;

	if (dir < 0)
		return dir == -ENOENT ? 0 : dir;
	staged_name(leaf, name);
	r = unlinkat(dir, name, 0) < 0 && errno != ENOENT ? -errno : 0;
	close(dir);
	return r;
}

int
tree_backup(int root, const char *path, char ret[PATH_MAX])
{
	char name[NAME_MAX + 1];
	const char *leaf;
	int dir = parent(root, path, &leaf), r = -EEXIST;

	if (dir < 0)
		return dir;
	for (int i = 1; i < BACKUPS_MAX && r == -EEXIST; i++) {
		snprintf(name, sizeof name, "%.200s.~%d~", leaf, i);
		r = linkat(dir, leaf, dir, name, 0) < 0 ? -errno : 0;
	}
	close(dir);
	snprintf(ret, PATH_MAX, "%.*s%s", (int)(leaf - path), path, name);
	return r;
}

static int
unlink_at(int root, const char *path, int flags)
{
	const char *leaf;
	int dir = parent(root, path, &leaf), r;

	if (dir < 0)
		return dir;
	r = unlinkat(dir, leaf, flags) < 0 ? -errno : 0;
	close(dir);
	return r;
}

int
tree_remove(int root, const char *path)
{
	return unlink_at(root, path, 0);
}

int
tree_rmdir(int root, const char *path)
{
	return unlink_at(root, path, AT_REMOVEDIR);
}

const char *
tree_error(int error)
{
	switch (error) {
	case -EEXIST:
		return "something that is no file is in the way; move it away";
	case -ELOOP:
		return "a symbolic link is in the way; move it away";
	case -ENOTDIR:
		return "a file, or a symbolic link, is in the way of a directory; move it away";
	default:
		return err_text(error);
	}
}
