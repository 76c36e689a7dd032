/* The directory tree that a push writes to: held parents, and changes by name below them. */
#include "syncd/fs/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "syncd/fs/fake.h"

static int
take_root(struct tree *t, const struct root *module, const char *path, int fd)
{
	if (fd < 0)
		return fd;
	if (strlen(path) >= sizeof t->path) {
		close(fd);
		return -ENAMETOOLONG;
	}
	t->module = module;
	t->fd = fd;
	snprintf(t->path, sizeof t->path, "%s", path);
	return 0;
}

int
tree_open(struct tree *t, const struct root *module, const char *path)
{
	return take_root(t, module, path, root_open_follow(module, path, O_PATH | O_DIRECTORY));
}

int
tree_open_strict(struct tree *t, const struct root *module, const char *path)
{
	return take_root(t, module, path, root_open_strict(module, path, O_PATH | O_DIRECTORY));
}

static void
held_drop(struct tree_held *h)
{
	if (h->dir == NULL)
		return;
	close(h->fd);
	free(h->dir);
	h->dir = NULL;
}

void
tree_done(struct tree *t)
{
	for (size_t i = 0; i < TREE_HELD; i++)
		held_drop(&t->held[i]);
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
	free(t->absent);
	t->absent = NULL;
}

void
tree_forget(struct tree *t, const char *path)
{
	size_t n = strlen(path);

	for (size_t i = 0; i < TREE_HELD; i++)
		if (t->held[i].dir != NULL && strncmp(t->held[i].dir, path, n) == 0 &&
		    (t->held[i].dir[n] == '\0' || t->held[i].dir[n] == '/'))
			held_drop(&t->held[i]);
}

/* Open dir below the tree.  Where links count as directories they may lead anywhere in the module,
 * so the walk starts at its root. */
static int
open_below(const struct tree *t, const char *dir, int flags)
{
	char path[2 * TREE_PATH_SIZE];
	const struct root here = { t->fd };

	if (!t->links)
		return root_open_strict(&here, dir, flags);
	snprintf(path, sizeof path, "%s%s%s", t->path, t->path[0] == '\0' || dir[0] == '\0' ? "" : "/", dir);
	return root_open_follow(t->module, path, flags);
}

static bool
is_of(const struct tree_held *h, const char *dir, size_t n)
{
	return h->dir != NULL && strncmp(h->dir, dir, n) == 0 && h->dir[n] == '\0';
}

/* Is dir the directory that was not there, or below it? */
static bool
is_absent(const struct tree *t, const char *dir, size_t n)
{
	size_t known = t->absent == NULL ? SIZE_MAX : strlen(t->absent);

	return known <= n && memcmp(dir, t->absent, known) == 0 && (known == n || dir[known] == '/');
}

static int
hold(struct tree *t, const char *dir, size_t n)
{
	struct tree_held *h = &t->held[0];
	char *copy;
	int fd;

	if (is_of(&t->held[t->last], dir, n))
		return t->held[t->last].fd;
	for (size_t i = 0; i < TREE_HELD; i++) {
		struct tree_held *at = &t->held[i];

		if (is_of(at, dir, n)) {
			at->used = ++t->turn;
			t->last = i;
			return at->fd;
		}
		if (h->dir != NULL && (at->dir == NULL || at->used < h->used))
			h = at;
	}
	if (is_absent(t, dir, n))
		return -ENOENT;
	if ((copy = strndup(dir, n)) == NULL)
		return -ENOMEM;
	if ((fd = open_below(t, copy, O_PATH | O_DIRECTORY)) < 0) {
		if (t->still && fd == -ENOENT) {
			free(t->absent);
			t->absent = copy;
		} else {
			free(copy);
		}
		return fd;
	}
	held_drop(h);
	*h = (struct tree_held){ fd, copy, ++t->turn };
	t->last = (size_t)(h - t->held);
	return fd;
}

int
tree_at_path(struct tree *t, const char *path, struct at_path *ret)
{
	const char *slash = strrchr(path, '/');
	int dir = slash == NULL ? t->fd : hold(t, path, (size_t)(slash - path));

	if (dir < 0)
		return dir;
	*ret = (struct at_path){ dir, slash == NULL ? path : slash + 1 };
	if (ret->leaf[0] == '\0' || strcmp(ret->leaf, "..") == 0 || (slash != NULL && strcmp(ret->leaf, ".") == 0))
		return -EINVAL;
	return strlen(ret->leaf) > NAME_MAX ? -ENAMETOOLONG : 0;
}

int
tree_lstat(struct tree *t, const char *path, struct stat *ret)
{
	struct at_path at;
	int r = tree_at_path(t, path, &at);

	if (r != 0)
		return r;
	if (fstatat(at.dir, at.leaf, ret, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (t->module->fake)
		fake_show(&(struct attr_of){ .fd = -1, .dir = at.dir, .name = at.leaf }, ret);
	return 0;
}

bool
tree_is_real_link(struct tree *t, const char *path)
{
	struct at_path at;
	struct stat st;

	return tree_at_path(t, path, &at) == 0 && fstatat(at.dir, at.leaf, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode);
}

int
tree_stat_dir(struct tree *t, const char *path, struct stat *ret)
{
	int r = tree_lstat(t, path, ret), fd;
	struct stat to;

	if (r != 0 || !S_ISLNK(ret->st_mode) || !t->links)
		return r;
	if ((fd = open_below(t, path, O_PATH | O_DIRECTORY)) < 0)
		return 0;
	if (fstat(fd, &to) == 0)
		*ret = to;
	close(fd);
	return 0;
}

int
tree_open_file(struct tree *t, const char *path, int flags, struct stat *ret)
{
	struct at_path at;
	int r = tree_at_path(t, path, &at), fd;

	if (r != 0)
		return r;
	if ((fd = openat(at.dir, at.leaf, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)) < 0)
		return -errno;
	if (fstat(fd, ret) == 0 && S_ISREG(ret->st_mode))
		return fd;
	close(fd);
	return -EINVAL;
}

int
tree_create(struct tree *t, const char *path, mode_t mode)
{
	struct at_path at;
	int r = tree_at_path(t, path, &at), fd;

	if (r != 0)
		return r;
	fd = openat(at.dir, at.leaf, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, mode);
	return fd < 0 ? -errno : fd;
}

int
tree_open_dir(struct tree *t, const char *path)
{
	return open_below(t, strcmp(path, ".") == 0 ? "" : path, O_RDONLY | O_DIRECTORY);
}

int
tree_mkdir(struct tree *t, const char *path, mode_t mode)
{
	struct at_path at;
	int r = tree_at_path(t, path, &at);

	if (r != 0)
		return r;
	return mkdirat(at.dir, at.leaf, mode) < 0 ? -errno : 0;
}

int
tree_mkparents(struct tree *t, const char *path, mode_t mode, tree_made *made, void *arg)
{
	char part[TREE_PATH_SIZE];
	int r = 0, n = 0;

	for (const char *p = strchr(path, '/'); p != NULL && r == 0; p = strchr(p + 1, '/')) {
		if ((size_t)(p - path) >= sizeof part)
			return -ENAMETOOLONG;
		memcpy(part, path, (size_t)(p - path));
		part[p - path] = '\0';
		r = tree_mkdir(t, part, mode);
		n += r == 0;
		if (r == 0 && made != NULL)
			made(arg, t, part);
		r = r == -EEXIST ? 0 : r;
	}
	return r < 0 ? r : n;
}

int
tree_remove(struct tree *t, const char *path, bool is_dir)
{
	struct at_path at;
	int r = tree_at_path(t, path, &at);

	if (r != 0)
		return r;
	if (unlinkat(at.dir, at.leaf, is_dir ? AT_REMOVEDIR : 0) < 0)
		return -errno;
	if (is_dir)
		tree_forget(t, path);
	return 0;
}

int
tree_rename(struct tree *from_tree, const char *from, struct tree *to_tree, const char *to)
{
	struct at_path a, b;
	int r;

	if ((r = tree_at_path(from_tree, from, &a)) != 0 || (r = tree_at_path(to_tree, to, &b)) != 0)
		return r;
	if (renameat(a.dir, a.leaf, b.dir, b.leaf) < 0)
		return -errno;
	tree_forget(from_tree, from);
	tree_forget(to_tree, to);
	return 0;
}

int
tree_readlink(struct tree *t, const char *path, char *dst, size_t size)
{
	struct at_path at;
	ssize_t n;
	int r = tree_at_path(t, path, &at);

	if (r != 0)
		return r;
	if ((n = readlinkat(at.dir, at.leaf, dst, size)) < 0)
		return errno == EINVAL && t->module->fake ? fake_readlink(at.dir, at.leaf, dst, size) : -errno;
	if ((size_t)n >= size)
		return -ENAMETOOLONG;
	dst[n] = '\0';
	return (int)n;
}

/* What is made: exactly one of the three. */
struct made {
	bool fake;
	const char *target;	/* a symlink, */
	const struct at_path *of;	/* or one more name of this, */
	mode_t mode;		/* or a node */
	dev_t dev;
};

static int
make_at(const struct made *m, int dir, const char *name)
{
	int r;

	if (m->fake && m->of == NULL)
		return fake_make(dir, name, m->target != NULL ? S_IFLNK | 0777 : m->mode, m->dev, m->target != NULL ? m->target : "");
	if (m->target != NULL)
		r = symlinkat(m->target, dir, name);
	else if (m->of != NULL)
		r = linkat(m->of->dir, m->of->leaf, dir, name, 0);
	else
		r = mknodat(dir, name, m->mode, m->dev);
	return r < 0 ? -errno : 0;
}

/* Under a name of its own first when something stands in the way, so that there is never nothing. */
static int
make(struct tree *t, const struct made *m, const struct at_path *at, bool replace)
{
	char name[NAME_MAX + 1];
	int r = -EEXIST;

	if (!replace)
		return make_at(m, at->dir, at->leaf);
	for (int tries = 0; r == -EEXIST && tries < TEMP_NAME_TRIES; tries++) {
		temp_name(&t->random, at->leaf, name);
		r = make_at(m, at->dir, name);
	}
	if (r != 0)
		return r;
	if (renameat(at->dir, name, at->dir, at->leaf) < 0) {
		r = -errno;
		unlinkat(at->dir, name, 0);
		return r;
	}
	if (m->of != NULL)	/* two names of the same file already: rename(2) does nothing then */
		unlinkat(at->dir, name, 0);
	return 0;
}

int
tree_symlink(struct tree *t, const char *target, const char *path, bool replace)
{
	struct at_path at;
	const struct made m = { .fake = t->module->fake, .target = target };
	int r = tree_at_path(t, path, &at);

	return r != 0 ? r : make(t, &m, &at, replace);
}

int
tree_mknod(struct tree *t, const char *path, mode_t mode, dev_t dev, bool replace)
{
	struct at_path at;
	const struct made m = { .fake = t->module->fake, .mode = mode, .dev = dev };
	int r = tree_at_path(t, path, &at);

	return r != 0 ? r : make(t, &m, &at, replace);
}

int
tree_link(struct tree *from_tree, const char *from, struct tree *to_tree, const char *to, bool replace)
{
	struct at_path of, at;
	const struct made m = { .of = &of };
	int r;

	if ((r = tree_at_path(from_tree, from, &of)) != 0 || (r = tree_at_path(to_tree, to, &at)) != 0)
		return r;
	return make(to_tree, &m, &at, replace);
}
