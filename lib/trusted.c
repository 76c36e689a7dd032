#include "syncd/fs/trusted.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
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

	if (path[0] != '/' || strlen(path) >= PATH_MAX)
		return path[0] != '/' ? -EINVAL : -ENAMETOOLONG;
	memcpy(w->rest, path, strlen(path) + 1);
	w->links = 0;
	if ((w->fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
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
	struct walk_state w;
	struct stat st;
	int r = walk(&w, path, 0);

	if (r != 0)
		return r;
	if (fstat(w.fd, &st) == 0 && S_ISDIR(st.st_mode))
		return w.fd;
	close(w.fd);
	return -ENOTDIR;
}

int
trusted_file(const char *path, int flags, int mode)
{
	struct walk_state w;
	char *leaf;
	int fd, r = walk(&w, path, 1);

	if (r != 0)
		return r;
	leaf = w.rest + strspn(w.rest, "/");
	leaf[strcspn(leaf, "/")] = '\0';
	fd = openat(w.fd, leaf, flags | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, mode);
	r = fd < 0 ? -errno : fd;
	close(w.fd);
	return r;
}
