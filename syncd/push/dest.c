/* Where a push lands: the destination argument, directories that options name, partial files and
 * backups (rsync-wire 8.1, 8.4, 8.6). */
#include "syncd/push/intake.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"
#include "syncd/policy/path.h"
#include "syncd/policy/symlink_safety.h"

enum { DIR_MODE = 0777 };

bool
dest_hidden(const struct session *s, const struct tree *t, const char *path, bool is_dir)
{
	char fs[2 * NAME_BYTES_MAX];

	if (s->grant.hidden == NULL || rules_empty(s->grant.hidden) || strcmp(path, ".") == 0)
		return false;
	snprintf(fs, sizeof fs, "%s%s%s", t->path, t->path[0] == '\0' ? "" : "/", path);
	return rules_hidden(s->grant.hidden, fs, is_dir);
}

const char *
dest_shown(const struct session *s, const struct tree *t, const char *path, char *dst, size_t size)
{
	bool top = strcmp(path, ".") == 0 || path[0] == '\0';
	const char *slash = s->grant.jailed || t->path[0] != '\0' ? "/" : "";

	if (top)
		snprintf(dst, size, "%s%s%s.", slash, t->path, t->path[0] == '\0' ? "" : "/");
	else
		snprintf(dst, size, "%s%s%s%s", slash, t->path, t->path[0] == '\0' ? "" : "/", path);
	return dst;
}

void
dest_failed(struct session *s, const char *who, const char *what, const struct tree *t, const char *path, int err)
{
	char shown[2 * NAME_BYTES_MAX + 2];

	session_tell(s, MSG_ERROR_XFER, "rsync: [%s] %s \"%s\" (in %s) failed: %s (%d)\n", who, what,
	    dest_shown(s, t, path, shown, sizeof shown), s->grant.module, strerror(-err), -err);
}

char *
dest_path(const struct session *s, const struct in_file *f, char dst[NAME_BYTES_MAX])
{
	if (s->push->rename_to[0] != '\0')
		snprintf(dst, NAME_BYTES_MAX, "%s", s->push->rename_to);
	else
		inlist_path(f, dst);
	return dst;
}

void
dest_cannot(struct session *s, const char *who, const char *what, const struct tree *t, const char *path, int err)
{
	char shown[2 * NAME_BYTES_MAX + 2];

	session_tell(s, MSG_ERROR_XFER, "rsync: [%s] %s \"%s\" (in %s): %s (%d)\n", who, what,
	    dest_shown(s, t, path, shown, sizeof shown), s->grant.module, strerror(-err), -err);
}

void
dest_unset(struct session *s, const char *who, const char *what, const struct tree *t, const char *path, int err)
{
	if (strncmp(what, "failed to", 9) == 0)
		dest_cannot(s, who, what, t, path, err);
	else
		dest_failed(s, who, what, t, path, err);
}

/* --- the destination argument ------------------------------------------------------------------ */

/* The argument without the module's name, cleaned; a slash at its end stays. */
static void
argument(const struct session *s, char dst[TREE_PATH_SIZE])
{
	const char *arg = args_below_module(s, s->paths < s->args.n ? s->args.v[s->paths] : "");

	snprintf(dst, TREE_PATH_SIZE, "%s", arg + (arg[0] == '/'));
	path_clean_arg(dst, true);
}

/* Make the directories above a path below the module's root, and path itself if whole.  Links are followed, as
 * the administrator's own.  How many were made above it, or -errno. */
static int
make_below_root(struct session *s, const char *path, bool above, bool whole)
{
	const mode_t mode = DIR_MODE & ~s->grant.mask;
	struct tree top = TREE_INIT;
	int r = tree_open(&top, &s->root, ""), made = 0;

	top.links = true;
	if (r == 0 && above && (r = tree_mkparents(&top, path, mode, NULL, NULL)) > 0)
		made = r;
	if (r >= 0 && whole)
		r = tree_mkdir(&top, path, mode);
	tree_done(&top);
	return r < 0 ? r : made;
}

/* How many of the directories above path are not there. */
static int
missing_above(const struct session *s, const char *path)
{
	struct stat st;
	char dir[TREE_PATH_SIZE];
	int n = 0;

	for (const char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		snprintf(dir, sizeof dir, "%.*s", (int)(slash - path), path);
		n += root_stat(&s->root, dir, 1, &st) != 0;
	}
	return n;
}

/* How many entries have come so far; *ret_only is the one, if it is one. */
static uint32_t
entries(const struct session *s, const struct in_file **ret_only)
{
	const struct inlist *l = &s->push->list;
	uint32_t n = 0;

	*ret_only = NULL;
	for (size_t i = l->oldest; i < l->n_segments; i++) {
		n += l->segments[i]->n;
		if (l->segments[i]->n == 1)
			*ret_only = &l->segments[i]->files[0];
	}
	if (n != 1)
		*ret_only = NULL;
	return n;
}

static int
fail(struct session *s, int code, const char *what, const char *path, int err)
{
	session_fail(s, code, "rsync: [Receiver] %s \"%s%s\" (in %s) failed: %s (%d)", what, s->grant.jailed ? "/" : "", path, s->grant.module,
	    strerror(-err), -err);
	return 1;
}

/* The directory that a push lands in.  Messages show the argument as it came; all else starts from the plain path. */
static int
open_destination(struct session *s, const char *path)
{
	char plain[TREE_PATH_SIZE];
	int r = path_below("", path, plain, sizeof plain);

	return r != 0 ? r : tree_open(&s->push->tree, &s->root, plain);
}

/* Split path into the directory that is there and the name that is made in it. */
static int
enter_parent(struct session *s, char *path)
{
	char *slash = strrchr(path, '/');
	const char *leaf = slash == NULL ? path : slash + 1;
	int r;

	if (strlen(leaf) > NAME_MAX)
		return fail(s, RERR_FILESELECT, "stat", path, -ENAMETOOLONG);
	memcpy(s->push->rename_to, leaf, strlen(leaf) + 1);
	if (slash != NULL)
		*slash = '\0';
	r = open_destination(s, slash == NULL ? "" : path);
	if (r == -ENOENT && s->push->pretend && s->opt.mkpath) {
		s->push->no_tree = true;
		return 0;
	}
	return r == 0 ? 0 : fail(s, RERR_FILESELECT, "change_dir#3", slash == NULL ? "" : path, r);
}

static void
say_created(struct session *s, const char *path, int n, bool whole)
{
	const char *slash = s->grant.jailed ? "/" : "";

	if (!s->opt.verbose && s->opt.log_format == NULL)
		return;
	if (s->opt.mkpath)
		session_tell(s, MSG_INFO, "created %d director%s for %s%s\n", n, n == 1 ? "y" : "ies", slash, path);
	if (!s->opt.mkpath || (s->push->pretend && whole))
		session_tell(s, MSG_INFO, "created directory %s%s\n", slash, path);
}

/* The destination does not exist and is to be a directory. */
static int
make_destination(struct session *s, const char *path)
{
	int r, made;

	if (s->push->pretend) {
		say_created(s, path, missing_above(s, path) + 1, true);
		s->push->no_tree = true;
		return 0;
	}
	if ((made = make_below_root(s, path, s->opt.mkpath, true)) < 0)
		return fail(s, RERR_FILEIO, "mkdir", path, made);
	s->push->made_top = !s->opt.mkpath;
	say_created(s, path, made + 1, true);
	r = open_destination(s, path);
	return r == 0 ? 0 : fail(s, RERR_FILESELECT, "change_dir#1", path, r);
}

int
dest_settle(struct session *s)
{
	char path[TREE_PATH_SIZE];
	const struct in_file *only;
	struct stat st;
	uint32_t n = entries(s, &only);
	size_t len;
	bool slash;
	int r;

	argument(s, path);
	len = strlen(path);
	slash = len > 0 && path[len - 1] == '/';
	while (len > 0 && path[len - 1] == '/')
		path[--len] = '\0';
	if (rules_hidden(s->grant.hidden, path, true) || rules_hidden(s->grant.hidden, path, false)) {	/* it may be meant as either */
		session_fail(s, RERR_FILESELECT, "ERROR: daemon has excluded destination \"%s%s%s\"", s->grant.jailed ? "/" : "", path,
		    slash ? "/" : "");
		return 1;
	}
	s->push->tree.links = s->opt.keep_dirlinks || (s->opt.relative && s->opt.no_implied_dirs);
	if ((r = root_stat(&s->root, path, 1, &st)) == 0 && S_ISDIR(st.st_mode)) {
		r = open_destination(s, path);
		return r == 0 ? 0 : fail(s, RERR_FILESELECT, "change_dir#1", path, r);
	}
	if (r == 0 && (n > 1 || (only != NULL && S_ISDIR(only->mode)))) {
		session_fail(s, RERR_FILESELECT, n > 1 ? "ERROR: destination must be a directory when copying more than 1 file" :
		    "ERROR: cannot overwrite non-directory with a directory");
		return 1;
	}
	if (r != 0 && r != -ENOENT)
		return fail(s, RERR_FILESELECT, "stat", path, r);
	if (r != 0 && (slash || n > 1))
		return make_destination(s, path);
	if (r != 0 && s->opt.mkpath) {
		if ((r = s->push->pretend ? missing_above(s, path) : make_below_root(s, path, true, false)) < 0)
			return fail(s, RERR_FILEIO, "mkdir", path, r);
		if (r > 0) {
			char *leaf = strrchr(path, '/');

			*leaf = '\0';
			say_created(s, path, r, false);
			*leaf = '/';
		}
	}
	return enter_parent(s, path);
}

/* --- what options name --------------------------------------------------------------------------- */

/* From the destination, or from the module's root for an absolute name (rsyncd-conf 6). */
static int
option_path(const struct session *s, const char *option, char dst[TREE_PATH_SIZE])
{
	return path_below(option[0] == '/' ? "" : s->push->tree.path, option, dst, TREE_PATH_SIZE);
}

const char *
dest_option_shown(const struct session *s, const char *option, char dst[2 * TREE_PATH_SIZE])
{
	const char *base = s->push->tree.path;

	if (option[0] == '/' || !s->grant.jailed)
		return option;
	snprintf(dst, 2 * TREE_PATH_SIZE, "/%s%s%s", base, base[0] == '\0' ? "" : "/", option);
	return dst;
}

int
dest_option_place(const struct session *s, const char *option, char dst[TREE_PATH_SIZE])
{
	char path[TREE_PATH_SIZE];
	int r = option_path(s, option, path);

	if (r == 0)
		r = root_owned_path(&s->root, path, s->grant.uid, dst, TREE_PATH_SIZE);
	if (r == 0 && strcmp(path, dst) != 0 && rules_hidden(s->grant.hidden, dst, true))
		r = -ENOENT;		/* nor by a link */
	return r;
}

int
dest_option_tree(struct session *s, const char *option, struct tree *ret)
{
	char path[TREE_PATH_SIZE];
	int r = dest_option_place(s, option, path);

	return r != 0 ? r : tree_open_strict(ret, &s->root, path);
}

bool
dest_option_hidden(const struct session *s, const char *option)
{
	char path[TREE_PATH_SIZE];

	return option_path(s, option, path) == 0 && rules_hidden(s->grant.hidden, path, true);
}

void
dest_dir_of(const char *path, char dst[TREE_PATH_SIZE])
{
	const char *slash = strrchr(path, '/');

	snprintf(dst, TREE_PATH_SIZE, "%.*s", slash == NULL ? 0 : (int)(slash - path), path);
}

const char *
dest_leaf_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

bool
dest_partial_is_shared(const struct session *s)
{
	return s->opt.partial_dir != NULL && s->opt.partial_dir[0] == '/';
}

/* "dir/leaf", dir being a name in path's own directory. */
static bool
beside(const struct session *s, const char *path, const char *dir, char dst[TREE_PATH_SIZE])
{
	const char *leaf = dest_leaf_of(path);

	return dir[0] != '\0' && strcmp(dir, ".") != 0 && strstr(dir, "..") == NULL &&
	    (size_t)snprintf(dst, TREE_PATH_SIZE, "%.*s%s/%s", (int)(leaf - path), path, dir, leaf) < TREE_PATH_SIZE &&
	    !dest_hidden(s, &s->push->tree, dst, false);
}

bool
dest_waiting(const struct session *s, const char *path, char dst[TREE_PATH_SIZE])
{
	return s->opt.delay_updates &&
	    beside(s, path, s->opt.partial_dir == NULL || dest_partial_is_shared(s) ? ".~tmp~" : s->opt.partial_dir, dst);
}

bool
dest_partial(const struct session *s, const char *path, struct tree **ret, char dst[TREE_PATH_SIZE])
{
	const char *dir = s->opt.partial_dir;

	*ret = &s->push->tree;
	if (dir == NULL)
		return dest_waiting(s, path, dst);
	if (!dest_partial_is_shared(s))
		return beside(s, path, dir, dst);
	*ret = &s->push->partial;
	dir += strspn(dir, "/");
	return dir[0] != '\0' && strstr(dir, "..") == NULL && s->push->partial.fd >= 0 &&
	    (size_t)snprintf(dst, TREE_PATH_SIZE, "%s/%s", dir, dest_leaf_of(path)) < TREE_PATH_SIZE &&
	    !dest_hidden(s, *ret, dst, false);
}

/* --- backups ------------------------------------------------------------------------------------- */

/* The backup directory, made when it is first needed. */
static int
open_backup(struct session *s)
{
	char path[TREE_PATH_SIZE];
	int r;

	if (s->push->backup.fd >= 0)
		return 0;
	if ((r = dest_option_place(s, s->opt.backup_dir, path)) != 0)
		return r;
	if ((r = tree_open_strict(&s->push->backup, &s->root, path)) != -ENOENT)
		return r;
	r = make_below_root(s, path, true, true);
	return r >= 0 ? tree_open_strict(&s->push->backup, &s->root, path) : r;
}

int
dest_backup_name(struct session *s, const char *path, struct tree **ret, char dst[TREE_PATH_SIZE])
{
	const char *suffix = s->opt.suffix != NULL ? s->opt.suffix : s->opt.backup_dir != NULL ? "" : "~";
	int r = s->opt.backup_dir != NULL ? open_backup(s) : 0;

	if (r != 0)
		return r;
	*ret = s->opt.backup_dir != NULL ? &s->push->backup : &s->push->tree;
	if ((size_t)snprintf(dst, TREE_PATH_SIZE, "%s%s", path, suffix) >= TREE_PATH_SIZE)
		return -ENAMETOOLONG;
	return dest_hidden(s, *ret, dst, false) ? -EACCES : 0;
}

/* A directory for backups opens no more to others than the one that they come from. */
static void
like_original(void *arg, struct tree *t, const char *dir)
{
	struct session *s = arg;
	struct meta m = { .fake = s->root.fake, .set_mode = true, .set_uid = s->opt.owner && s->push->is_root, .set_gid = s->opt.group > 0 };
	struct stat st;
	struct spot at;
	const char *what;
	int r;

	if (tree_lstat(&s->push->tree, dir, &st) != 0 || !S_ISDIR(st.st_mode))
		return;
	m.mode = st.st_mode & 07777;
	m.uid = st.st_uid;
	m.gid = st.st_gid;
	if ((r = tree_spot(t, dir, &at)) != 0 || (r = meta_set(-1, &at, &m, &what)) != 0)
		dest_failed(s, "generator", "set permissions of", t, dir, r);
}

/* The same, with nothing in the way. */
static int
backup_place(struct session *s, const char *path, struct tree **ret, char dst[TREE_PATH_SIZE])
{
	struct stat st;
	int r = dest_backup_name(s, path, ret, dst);

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

	if (!s->opt.safe_links || tree_lstat(&s->push->tree, path, &st) != 0 || !S_ISLNK(st.st_mode) ||
	    tree_readlink(&s->push->tree, path, target, sizeof target) < 0)
		return false;
	dest_dir_of(path, dir);
	if (!links_unsafe(target, dir))
		return false;
	if (generator_says(s, 1))
		session_tell(s, MSG_INFO, "not backing up unsafe symlink \"%s\" -> \"%s\"\n", path, target);
	return true;
}

static int
backed_up(struct session *s, const char *path, const char *name, int r)
{
	const char *dir = s->opt.backup_dir;

	if (r == 0 && generator_informs(s, 2, "backup"))
		session_tell(s, MSG_INFO, "backed up %s to %s%s%s\n", path, dir == NULL ? "" : dir, dir == NULL ? "" : "/", name);
	return r;
}

int
dest_backup(struct session *s, const char *path, bool keep)
{
	struct tree *to;
	char name[TREE_PATH_SIZE];
	int r;

	if ((r = backup_place(s, path, &to, name)) != 0)
		return r;
	if (is_unsafe_link(s, path))
		return keep ? 0 : tree_remove(&s->push->tree, path, false);
	r = keep ? move_or_link(s, &s->push->tree, path, to, name) : move_to(s, &s->push->tree, path, to, name);
	return backed_up(s, path, name, r);
}

int
dest_backup_copy(struct session *s, const char *path, const struct stat *st)
{
	struct tree *to;
	char name[TREE_PATH_SIZE];
	int r = backup_place(s, path, &to, name);

	return r == 0 ? backed_up(s, path, name, move_copy_file(s, &s->push->tree, path, to, name, st)) : r;
}
