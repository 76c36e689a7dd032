/* --backup, --backup-dir and --suffix: what is replaced or deleted is kept under another name (rsync-wire 8.6). */
#include "syncd/push/backup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "syncd/fs/meta.h"
#include "syncd/policy/symlink_safety.h"
#include "syncd/push/copy.h"
#include "syncd/push/push.h"
#include "syncd/push/report.h"

/* The backup directory, made when it is first needed. */
static int
open_backup(struct session *s)
{
	char path[TREE_PATH_SIZE];
	int r;

	if (s->push->dest.backup.fd >= 0)
		return 0;
	if ((r = dest_option_place(&s->push->dest, s->opt.backup_dir, path)) != 0)
		return r;
	if ((r = tree_open_strict(&s->push->dest.backup, &s->root, path)) != -ENOENT)
		return r;
	r = dest_make_below_root(&s->push->dest, path, true, true);
	return r >= 0 ? tree_open_strict(&s->push->dest.backup, &s->root, path) : r;
}

int
backup_name(struct session *s, const char *path, struct tree **ret, char dst[TREE_PATH_SIZE])
{
	const char *suffix = s->opt.suffix != NULL ? s->opt.suffix : s->opt.backup_dir != NULL ? "" : "~";
	int r = s->opt.backup_dir != NULL ? open_backup(s) : 0;

	if (r != 0)
		return r;
	*ret = s->opt.backup_dir != NULL ? &s->push->dest.backup : &s->push->dest.tree;
	if ((size_t)snprintf(dst, TREE_PATH_SIZE, "%s%s", path, suffix) >= TREE_PATH_SIZE)
		return -ENAMETOOLONG;
	return dest_hidden(&s->push->dest, *ret, dst, false) ? -EACCES : 0;
}

/* A directory for backups opens no more to others than the one that they come from. */
static void
like_original(void *arg, struct tree *t, const char *dir)
{
	struct session *s = arg;
	struct meta m = { .fake = s->root.fake, .set_mode = true, .set_uid = s->opt.owner && session_is_root(s), .set_gid = s->opt.group > 0 };
	struct stat st;
	struct at_path at;
	const char *what;
	int r;

	if (tree_lstat(&s->push->dest.tree, dir, &st) != 0 || !S_ISDIR(st.st_mode))
		return;
	m.mode = st.st_mode & 07777;
	m.uid = st.st_uid;
	m.gid = st.st_gid;
	if ((r = tree_at_path(t, dir, &at)) != 0 || (r = meta_set(-1, &at, &m, &what)) != 0)
		report_failed(s, "generator", "set permissions of", t, dir, r);
}

/* The same, with nothing in the way. */
static int
backup_place(struct session *s, const char *path, struct tree **ret, char dst[TREE_PATH_SIZE])
{
	struct stat st;
	int r = backup_name(s, path, ret, dst);

	if (r == 0 && s->opt.backup_dir != NULL)
		r = tree_mkparents(*ret, dst, 0700, like_original, s);
	if (r < 0)
		return r;
	return tree_lstat(*ret, dst, &st) == 0 && S_ISDIR(st.st_mode) ? -EISDIR : 0;
}

/* --safe-links: a link that leads out is not kept under another name either. */
static bool
is_unsafe_link(struct session *s, const char *path)
{
	char target[2 * TREE_PATH_SIZE], dir[TREE_PATH_SIZE];
	struct stat st;

	if (!s->opt.safe_links || tree_lstat(&s->push->dest.tree, path, &st) != 0 || !S_ISLNK(st.st_mode) ||
	    tree_readlink(&s->push->dest.tree, path, target, sizeof target) < 0)
		return false;
	dest_dir_of(path, dir);
	if (!symlink_unsafe(target, dir))
		return false;
	if (report_says(s, 1))
		session_tell(s, MSG_INFO, "not backing up unsafe symlink \"%s\" -> \"%s\"\n", path, target);
	return true;
}

static int
backed_up(struct session *s, const char *path, const char *name, int r)
{
	const char *dir = s->opt.backup_dir;

	if (r == 0 && report_informs(s, 2, "backup"))
		session_tell(s, MSG_INFO, "backed up %s to %s%s%s\n", path, dir == NULL ? "" : dir, dir == NULL ? "" : "/", name);
	return r;
}

int
backup_move(struct session *s, const char *path, bool keep)
{
	struct tree *to;
	char name[TREE_PATH_SIZE];
	int r;

	if ((r = backup_place(s, path, &to, name)) != 0)
		return r;
	if (is_unsafe_link(s, path))
		return keep ? 0 : tree_remove(&s->push->dest.tree, path, false);
	r = keep ? link_or_copy(s, &s->push->dest.tree, path, to, name) : move_file(s, &s->push->dest.tree, path, to, name);
	return backed_up(s, path, name, r);
}

int
backup_copy(struct session *s, const char *path, const struct stat *st)
{
	struct tree *to;
	char name[TREE_PATH_SIZE];
	int r = backup_place(s, path, &to, name);

	return r == 0 ? backed_up(s, path, name, copy_file(s, &s->push->dest.tree, path, to, name, st)) : r;
}
