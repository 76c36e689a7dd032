#include "lib/trusted.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { LINKS_MAX = 40 };

struct walk_state {
	int fd;			/* the directory reached */
	char rest[2 * PATH_MAX];	/* what is still to be walked */
	int links;
};

/* Put a trusted link's target in front of the rest. */
static int
splice_link(struct walk_state *w, int link_fd)
{
	char target[PATH_MAX], joined[sizeof w->rest];
	struct stat st;
	ssize_t n;

	if (fstat(link_fd, &st) < 0)
		return -errno;
	if ((st.st_uid != 0 && st.st_uid != geteuid()) || ++w->links > LINKS_MAX)
		return -ELOOP;
	if ((n = readlinkat(link_fd, "", target, sizeof target - 1)) < 0)
		return -errno;
	target[n] = '\0';
	if ((size_t)snprintf(joined, sizeof joined, "%s/%s", target, w->rest) >= sizeof joined)
		return -ENAMETOOLONG;
	memcpy(w->rest, joined, strlen(joined) + 1);
	if (target[0] != '/')
		return 0;
	close(w->fd);
	w->fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return w->fd < 0 ? -errno : 0;
}

/* Take the next component off the rest; false when only the leaf (or nothing) is left. */
static int
next_component(struct walk_state *w, char *dst, int keep_leaf)
{
	char *at = w->rest + strspn(w->rest, "/");
	size_t n = strcspn(at, "/");

	if (n == 0 || (keep_leaf && at[n + strspn(at + n, "/")] == '\0'))
		return 0;
	if (n > NAME_MAX)
		n = NAME_MAX;		/* will not be found, and says so */
	memcpy(dst, at, n);
	dst[n] = '\0';
	memmove(w->rest, at + n, strlen(at + n) + 1);
	return 1;
}

static int
step_into(struct walk_state *w, const char *name)
{
	int fd = openat(w->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC), r;
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) == 0 && S_ISLNK(st.st_mode)) {
		r = splice_link(w, fd);
		close(fd);
		return r;
	}
	close(w->fd);
	w->fd = fd;
	return 0;
}

static int
walk(struct walk_state *w, const char *path, int keep_leaf)
{
	char name[NAME_MAX + 1];
	int r = 0;

	if (path[0] == '\0' || strlen(path) >= PATH_MAX)
		return path[0] == '\0' ? -ENOENT : -ENAMETOOLONG;
	memcpy(w->rest, path, strlen(path) + 1);
	if ((w->fd = open(path[0] == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
		return -errno;
	while (r == 0 && next_component(w, name, keep_leaf))
		r = step_into(w, name);
	if (r != 0 && w->fd >= 0)
		close(w->fd);
	return r;
}

int
trusted_dir(const char *path)
{
	struct walk_state w = { .links = 0 };
	struct stat st;
	int r = walk(&w, path, 0);

	if (r != 0)
		return r;
	if (fstat(w.fd, &st) == 0 && S_ISDIR(st.st_mode))
		return w.fd;
	close(w.fd);
	return -ENOTDIR;
}

/* The last component, once all before it are walked. */
static void
take_leaf(const struct walk_state *w, char leaf[NAME_MAX + 1])
{
	const char *at = w->rest + strspn(w->rest, "/");
	size_t n = strcspn(at, "/");

	n = n > NAME_MAX ? NAME_MAX : n;
	memcpy(leaf, at, n);
	leaf[n] = '\0';
	if (n == 0)
		strcpy(leaf, ".");
}

int
trusted_parent(const char *path, char leaf[NAME_MAX + 1])
{
	struct walk_state w = { .links = 0 };
	int r = walk(&w, path, 1);

	if (r != 0)
		return r;
	take_leaf(&w, leaf);
	return w.fd;
}

/* /dev/stdin and its kin end in a link of /proc that only the kernel can follow, to what we have open already. */
static int
is_own_descriptor(int dir_fd)
{
	struct statfs fs;

	return fstatfs(dir_fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

/* Walk on through links in the place of the file itself.  0 when leaf is no link (or is not there). */
static int
resolve_leaf(struct walk_state *w, char leaf[NAME_MAX + 1])
{
	char name[NAME_MAX + 1];
	struct stat st;
	int fd, r = 0;

	for (;;) {
		take_leaf(w, leaf);
		if (is_own_descriptor(w->fd) || (fd = openat(w->fd, leaf, O_PATH | O_NOFOLLOW | O_CLOEXEC)) < 0)
			return 0;
		if (fstat(fd, &st) < 0 || !S_ISLNK(st.st_mode)) {
			close(fd);
			return 0;
		}
		w->rest[0] = '\0';
		r = splice_link(w, fd);
		close(fd);
		while (r == 0 && next_component(w, name, 1))
			r = step_into(w, name);
		if (r != 0)
			return r;
	}
}

/* A device of the administrator's (/dev/null) may be read and written, a FIFO written; nothing else is a file. */
static int
is_file(int fd, int flags)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISCHR(st.st_mode) ||
	    (S_ISFIFO(st.st_mode) && (flags & O_ACCMODE) == O_WRONLY));
}

int
trusted_file(const char *path, int flags, int mode)
{
	struct walk_state w = { .links = 0 };
	char leaf[NAME_MAX + 1];
	int own, fd = -1, r = walk(&w, path, 1);

	if (r != 0)
		return r;
	if ((r = resolve_leaf(&w, leaf)) == 0) {
		own = is_own_descriptor(w.fd);
		fd = openat(w.fd, leaf, flags | (own ? 0 : O_NOFOLLOW | O_NONBLOCK) | O_CLOEXEC | O_NOCTTY, mode);
		if (fd < 0)
			r = -errno;
		else if (!own && !is_file(fd, flags))
			r = -ENOTSUP;
	}
	close(w.fd);
	if (r == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return r;
}

const char *
trusted_error(int r)
{
	switch (r) {
	case -ELOOP:
		return "a symbolic link in it belongs to somebody else than root or us";
	case -ENOTSUP:
		return "neither a file nor a device";
	default:
		return strerror(-r);
	}
}
