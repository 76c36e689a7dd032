/* Files that change their directory or their tree: by rename(2) where that can, and across file systems by a copy that is then
 * renamed in its own directory, so that a name is always the old file or the new one, whole. */
#include "syncd/push/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "syncd/fs/meta.h"
#include "syncd/fs/stage.h"
#include "syncd/push/dest.h"
#include "syncd/push/push.h"
#include "syncd/push/xattr_recv.h"

static const size_t PIECE = 16 << 20;	/* copied before the client hears of us */

static int
copy_bytes(struct session *s, int from, int to)
{
	ssize_t n;
	off_t at = 0;
	char *buf;
	int r = 0;

	while ((n = copy_file_range(from, NULL, to, NULL, PIECE, 0)) > 0) {
		at += n;
		session_keepalive(s);
	}
	if (n == 0)
		return 0;
	if (at > 0 || (buf = malloc(PUSH_READ_SIZE)) == NULL)
		return at > 0 ? -errno : -ENOMEM;
	while (r == 0 && (n = pread(from, buf, PUSH_READ_SIZE, at)) > 0) {
		ssize_t w = pwrite(to, buf, (size_t)n, at);

		r = w == n ? 0 : w < 0 ? -errno : -ENOSPC;
		at += n;
		if (at % (off_t)PIECE < PUSH_READ_SIZE)
			session_keepalive(s);
	}
	free(buf);
	return n < 0 ? -errno : r;
}

/* Owner, mode and time of st for its copy.  An owner or group of -1 is the one it was made with. */
static struct meta
meta_of(const struct session *s, const struct stat *st)
{
	return (struct meta){ .fake = s->root.fake, .set_mode = !S_ISLNK(st->st_mode), .mode = st->st_mode & 07777, .set_mtime = true,
	    .mtime = st->st_mtim, .set_uid = session_is_root(s) && st->st_uid != (uid_t)-1, .uid = st->st_uid,
	    .set_gid = session_is_root(s) && st->st_gid != (gid_t)-1, .gid = st->st_gid };
}

int
copy_file(struct session *s, struct tree *from_tree, const char *from, struct tree *to_tree, const char *to, const struct stat *st)
{
	char tmp[TREE_PATH_SIZE], dir[TREE_PATH_SIZE];
	const struct meta m = meta_of(s, st);
	const char *what;
	struct stat now;
	int in = tree_open_file(from_tree, from, O_RDONLY, &now), out, r;

	if (in < 0)
		return in;
	dest_dir_of(to, dir);
	if ((out = stage_open(to_tree, dir, dest_leaf_of(to), 0600, tmp)) < 0) {
		close(in);
		return out;
	}
	if ((r = copy_bytes(s, in, out)) == 0 && (r = meta_set(out, NULL, &m, &what)) == 0 && (r = xattr_copy(s, in, out)) == 0)
		r = tree_rename(to_tree, tmp, to_tree, to);
	if (r != 0)
		(void)tree_remove(to_tree, tmp, false);
	close(in);
	close(out);
	return r;
}

/* A symlink, device, FIFO or socket. */
static int
copy_node(struct session *s, struct tree *from_tree, const char *from, struct tree *to_tree, const char *to, const struct stat *st)
{
	const struct meta m = meta_of(s, st);
	char target[2 * TREE_PATH_SIZE];
	const char *what;
	struct stat now;
	struct at_path at;
	bool replace = tree_lstat(to_tree, to, &now) == 0;
	int r;

	if (!S_ISLNK(st->st_mode))
		r = tree_mknod(to_tree, to, st->st_mode, st->st_rdev, replace);
	else if ((r = tree_readlink(from_tree, from, target, sizeof target)) >= 0)
		r = tree_symlink(to_tree, target, to, replace);
	if (r == 0 && (r = tree_at_path(to_tree, to, &at)) == 0)
		r = meta_set(-1, &at, &m, &what);
	return r;
}

static int
copy(struct session *s, struct tree *from_tree, const char *from, struct tree *to_tree, const char *to)
{
	struct stat st;
	int r = tree_lstat(from_tree, from, &st);

	if (r != 0)
		return r;
	if (S_ISDIR(st.st_mode))
		return -EXDEV;
	if (from_tree == &s->push->dest.temp && !s->opt.group)
		st.st_gid = (gid_t)-1;	/* one that nobody asked for: a directory gives its own to what is made in it */
	return S_ISREG(st.st_mode) ? copy_file(s, from_tree, from, to_tree, to, &st) :
	    copy_node(s, from_tree, from, to_tree, to, &st);
}

int
move_file(struct session *s, struct tree *from_tree, const char *from, struct tree *to_tree, const char *to)
{
	int r = tree_rename(from_tree, from, to_tree, to);

	if (r != -EXDEV)
		return r;
	if ((r = copy(s, from_tree, from, to_tree, to)) == 0)
		r = tree_remove(from_tree, from, false);
	return r;
}

int
link_or_copy(struct session *s, struct tree *from_tree, const char *from, struct tree *to_tree, const char *to)
{
	struct stat st;
	int r = tree_link(from_tree, from, to_tree, to, tree_lstat(to_tree, to, &st) == 0);

	if (r == -EXDEV)
		return copy(s, from_tree, from, to_tree, to);
	return r == 0 ? 0 : tree_rename(from_tree, from, to_tree, to);
}
