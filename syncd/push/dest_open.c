/* The destination argument of a push and the directories of its options: what they mean, and what the client is told where
 * they cannot be had (rsync-wire 8.1, rsync(1) on --backup-dir, --temp-dir, --partial-dir, --compare-dest). */
#include "syncd/push/dest_open.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "syncd/policy/path.h"
#include "syncd/push/push.h"
#include "syncd/push/report.h"

/* The argument without the module's name, cleaned; a slash at its end stays. */
static void
argument(const struct session *s, char dst[TREE_PATH_SIZE])
{
	const char *arg = args_below_module(s, s->paths < s->args.n ? s->args.v[s->paths] : "");

	snprintf(dst, TREE_PATH_SIZE, "%s", arg + (arg[0] == '/'));
	path_clean_arg(dst, true);
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
entries(const struct session *s, const struct flist_file **ret_only)
{
	const struct flist_in *l = &s->push->list;
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

	s->push->dest.tree.still = s->opt.dry_run > 0;
	return r != 0 ? r : tree_open(&s->push->dest.tree, &s->root, plain);
}

/* A dry run: the destination is not there.  Its path is what names are held against the module's filter with. */
static void
no_tree(struct session *s, const char *path)
{
	struct dest *d = &s->push->dest;

	d->no_tree = true;
	if (path_below("", path, d->tree.path, sizeof d->tree.path) != 0)
		d->tree.path[0] = '\0';
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
	memcpy(s->push->dest.rename_to, leaf, strlen(leaf) + 1);
	if (slash != NULL)
		*slash = '\0';
	r = open_destination(s, slash == NULL ? "" : path);
	if (r == -ENOENT && options_pretend(&s->opt) && s->opt.mkpath) {
		no_tree(s, slash == NULL ? "" : path);
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
	if (!s->opt.mkpath || (options_pretend(&s->opt) && whole))
		session_tell(s, MSG_INFO, "created directory %s%s\n", slash, path);
}

/* The destination does not exist and is to be a directory. */
static int
make_destination(struct session *s, const char *path)
{
	int r, made;

	if (options_pretend(&s->opt)) {
		say_created(s, path, missing_above(s, path) + 1, true);
		no_tree(s, path);
		return 0;
	}
	if ((made = dest_make_below_root(&s->push->dest, path, s->opt.mkpath, true)) < 0)
		return fail(s, RERR_FILEIO, "mkdir", path, made);
	s->push->dest.made_top = !s->opt.mkpath;
	say_created(s, path, made + 1, true);
	r = open_destination(s, path);
	return r == 0 ? 0 : fail(s, RERR_FILESELECT, "change_dir#1", path, r);
}

/* Backups or temporaries would lie where the module's rules hide them: told. */
static bool
working_dirs_refused(struct session *s)
{
	const char *const dirs[] = { s->opt.backup_dir, s->opt.temp_dir };

	for (size_t i = 0; i < ARRAY_LEN(dirs); i++)
		if (dirs[i] != NULL && dest_option_hidden(&s->push->dest, dirs[i])) {
			session_fail(s, RERR_UNSUPPORTED, "rsync: Your options have been rejected by the server.");
			return true;
		}
	return false;
}

/* Also said first where there is no destination: of relative ones then, as with rsync, as if it were the module itself. */
static int
destination_refused(struct session *s, const char *path, bool slash)
{
	if (!working_dirs_refused(s))
		session_fail(s, RERR_FILESELECT, "ERROR: daemon has excluded destination \"%s%s%s\"", s->grant.jailed ? "/" : "", path,
		    slash ? "/" : "");
	return 1;
}

static int
open_argument(struct session *s)
{
	char path[TREE_PATH_SIZE];
	const struct flist_file *only;
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
	if (rules_hidden(s->grant.hidden, path, true) || rules_hidden(s->grant.hidden, path, false))	/* it may be meant as either */
		return destination_refused(s, path, slash);
	s->push->dest.tree.links = s->opt.keep_dirlinks || (s->opt.relative && s->opt.no_implied_dirs);
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
		if ((r = options_pretend(&s->opt) ? missing_above(s, path) : dest_make_below_root(&s->push->dest, path, true, false)) < 0)
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

/* Where an option leads to what the module's rules hide the transfer ends before it begins, as with rsync, whose two words
 * for it differ.  1: told. */
static int
options_name_hidden(struct session *s)
{
	const struct options *o = &s->opt;
	bool hidden = dest_partial_is_shared(&s->push->dest) && dest_option_hidden(&s->push->dest, o->partial_dir);

	if (working_dirs_refused(s))
		return 1;
	for (size_t i = 0; i < o->n_alt; i++)
		hidden = hidden || dest_option_hidden(&s->push->dest, o->alt_dest[i]);
	if (hidden)
		session_fail(s, RERR_SYNTAX, "Your options have been rejected by the server.");
	return hidden;
}

/* A link of somebody else is not followed where an option of the client leads through it.  1: told. */
static int
options_name_strangers_link(struct session *s)
{
	const char *const dirs[] = { s->opt.backup_dir, s->opt.temp_dir, dest_partial_is_shared(&s->push->dest) ? s->opt.partial_dir : NULL };
	char path[TREE_PATH_SIZE];

	for (size_t i = 0; i < ARRAY_LEN(dirs); i++)
		if (dirs[i] != NULL && dest_option_place(&s->push->dest, dirs[i], path) == -ELOOP) {
			session_fail(s, RERR_FILEIO, LINK_REFUSED ": \"%s\" (in %s)", dirs[i], s->grant.module);
			return 1;
		}
	return 0;
}

/* Where backups go, for a client that asks for words about them. */
static void
tell_backup_dir(struct session *s)
{
	const char *dir = s->opt.backup_dir;
	char path[TREE_PATH_SIZE];
	struct stat st;

	if (!s->opt.backup || dir == NULL || !report_informs(s, 2, "backup"))
		return;
	session_tell(s, MSG_INFO, "%sbackup_dir is %s\n",
	    dest_option_place(&s->push->dest, dir, path) == 0 && root_stat(&s->root, path, 1, &st) == 0 ? "" : "(new) ", dir);
}

static int
open_option_trees(struct session *s)
{
	const struct options *o = &s->opt;
	const char *temp = o->temp_dir != NULL ? o->temp_dir : s->grant.conf.temp_dir;
	char shown[2 * TREE_PATH_SIZE];
	int r = options_name_hidden(s);

	if (r == 0)
		r = options_name_strangers_link(s);
	if (r == 0 && dest_partial_is_shared(&s->push->dest))
		r = tree_open(&s->push->dest.partial, &s->root, "");
	if (r != 0)
		return r;

	for (size_t i = 0; i < o->n_alt; i++) {
		s->push->dest.alt[i].still = o->dry_run > 0;
		if ((r = dest_option_tree(&s->push->dest, o->alt_dest[i], &s->push->dest.alt[i])) == -ENOMEM)
			return r;
		else if (r == -ELOOP)
			session_tell(s, MSG_WARNING, LINK_REFUSED ": \"%s\" (in %s)\n", o->alt_dest[i], s->grant.module);
		else if (r != 0)
			session_tell(s, MSG_WARNING, "--%s-dest arg %s: %s\n", o->alt_kind == ALT_LINK ? "link" :
			    o->alt_kind == ALT_COPY ? "copy" : "compare", r == -ENOTDIR ? "is not a dir" : "does not exist",
			    dest_option_shown(&s->push->dest, o->alt_dest[i], shown));
	}
	tell_backup_dir(s);
	if (temp == NULL || temp[0] == '\0' || (r = dest_option_tree(&s->push->dest, temp, &s->push->dest.temp)) == 0)
		return 0;
	if (r == -ENOTDIR)
		session_fail(s, RERR_SYNTAX, "The temp-dir is not a directory: %s", temp);
	else if (r == -ENOENT || r == -EXDEV)	/* nor is there anything outside */
		session_fail(s, RERR_SYNTAX, "The temp-dir does not exist: %s", temp);
	else
		session_fail(s, RERR_SYNTAX, "The temp-dir cannot be opened: %s: %s", temp, strerror(-r));
	return 1;
}

int
dest_open(struct session *s)
{
	int r = open_argument(s);

	return r == 0 ? open_option_trees(s) : r;
}
