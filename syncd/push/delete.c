/* What is not at the client is deleted here, as far as filters and limits let it (rsync-wire 8.3; rsync(1), --delete,
 * --max-delete, --force, --delete-missing-args). */
#include "syncd/push/delete.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/err.h"
#include "lib/grow.h"
#include "syncd/fs/temp_name.h"
#include "syncd/fs/walk.h"
#include "syncd/push/backup.h"
#include "syncd/push/filter_stack.h"
#include "syncd/push/push.h"
#include "syncd/push/report.h"
#include "syncd/session/xfer_log.h"
#include "syncd/session/order.h"

enum {
	DEPTH_MAX = 1024,	/* of directories in one that goes: each takes some KiB of stack */
};

enum outcome { GONE, KEPT, FAILED };

/* One name of a directory that is being emptied. */
struct found {
	char *name;
	struct stat st;
};

struct found_names {
	struct found *v;
	size_t n, cap;
};

struct deletion {
	struct filter_stack filters;
	char **later;		/* paths that go at the end (--delete-delay) */
	size_t n_later, cap_later;
	uint32_t deleted[5];	/* files, directories, symlinks, devices, specials */
	int64_t skipped;	/* for --max-delete */
	bool told;		/* that an error keeps us from deleting */
	bool is_late;		/* the transfer is over */
	size_t late_at;		/* the entry that delete_walk has come to */
	char content_root[NAME_BYTES_MAX];	/* below protocol 30: the last directory said to be listed whole */
};

int
delete_begin(struct session *s)
{
	s->push->deletion = calloc(1, sizeof *s->push->deletion);
	return s->push->deletion == NULL ? -ENOMEM : 0;
}

void
delete_end(struct session *s)
{
	struct deletion *d = s->push->deletion;

	if (d == NULL)
		return;
	filter_stack_done(&d->filters);
	for (size_t i = 0; i < d->n_later; i++)
		free(d->later[i]);
	free(d->later);
	free(d);
	s->push->deletion = NULL;
}

const uint32_t *
delete_counts(const struct session *s)
{
	return s->push->deletion->deleted;
}

int64_t
delete_skipped(const struct session *s)
{
	return s->push->deletion->skipped;
}

bool
delete_allowed(struct session *s)
{
	if (!(s->io_error & IOERR_GENERAL) || s->opt.ignore_errors)
		return true;
	if (!s->push->deletion->told)
		session_tell(s, MSG_INFO, "IO error encountered -- skipping file deletion\n");
	s->push->deletion->told = true;
	return false;
}

/* Does a rule, or the module's own filter, keep this name? */
static bool
is_protected(struct session *s, const struct rules_dir *dir, const char *path, bool is_dir, bool going)
{
	char fs[TREE_PATH_SIZE];
	struct rules_name n = { path, fs, is_dir, going };

	filter_stack_path(s, path, fs);
	if (rules_hidden(s->grant.hidden, fs, is_dir))
		return true;
	return s->rules != NULL && rules_match(s->rules, dir, &n) == RULES_EXCLUDE;
}

static void
found_free(struct found_names *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i].name);
	free(l->v);
}

static int
found_add(struct found_names *l, const struct walk_item *item)
{
	if (!grow(&l->v, sizeof *l->v, l->n, &l->cap))
		return -ENOMEM;
	if ((l->v[l->n].name = strdup(item->name)) == NULL)
		return -ENOMEM;
	l->v[l->n++].st = item->st;
	return 0;
}

static int
last_first(const void *va, const void *vb, void *version)
{
	const struct found *a = va, *b = vb;

	return order_leaves(*(int *)version, b->name, S_ISDIR(b->st.st_mode), a->name, S_ISDIR(a->st.st_mode));
}

/* The names in path that keep says nothing for, in the order in which they go. */
static int
found_read(struct session *s, const char *path, bool (*keep)(void *, const char *), void *arg, struct found_names *ret)
{
	struct walk *w;
	struct walk_item item;
	mode_t type;
	int version = s->proto.version, fd = tree_open_dir(&s->push->dest.tree, path), r;
	bool whole = s->root.fake || xfer_log_tells(s, "B");	/* else its type says all that is wanted */

	*ret = (struct found_names){ NULL, 0, 0 };
	if (fd < 0)
		return fd;
	if ((r = walk_over(fd, s->root.fake, &w)) != 0)
		return r;
	while (r == 0 && walk_next_name(w, &item.name, &type)) {
		if (temp_name_is(item.name) || (keep != NULL && keep(arg, item.name)))
			continue;
		item.st = (struct stat){ .st_mode = type };
		if ((type != 0 && !S_ISDIR(type) && !whole) || walk_lstat(w, item.name, &item.st) == 0)
			r = found_add(ret, &item);
	}
	if (r == 0)
		r = walk_error(w);
	walk_close(w);
	if (r != 0)
		found_free(ret);
	else if (ret->n > 1)
		qsort_r(ret->v, ret->n, sizeof *ret->v, last_first, &version);
	return r;
}

static bool
join(const char *dir, const char *name, char dst[NAME_BYTES_MAX])
{
	bool top = strcmp(dir, ".") == 0 || dir[0] == '\0';

	return snprintf(dst, NAME_BYTES_MAX, "%s%s%s", top ? "" : dir, top ? "" : "/", name) < NAME_BYTES_MAX;
}

static void
count(struct session *s, uint32_t mode)
{
	s->push->deletion->deleted[S_ISREG(mode) ? 0 : S_ISDIR(mode) ? 1 : S_ISLNK(mode) ? 2 : S_ISCHR(mode) || S_ISBLK(mode) ? 3 : 4]++;
}

static bool
limit_reached(struct session *s)
{
	uint64_t n = 0;

	if (s->opt.max_delete == OPTION_UNSET)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(s->push->deletion->deleted); i++)
		n += s->push->deletion->deleted[i];
	if (s->opt.max_delete > 0 && n < (uint64_t)s->opt.max_delete)
		return false;
	s->push->deletion->skipped++;
	return true;
}

static bool
is_backup(const struct session *s, const char *path)
{
	const char *suffix = s->opt.suffix != NULL ? s->opt.suffix : "~";
	size_t n = strlen(suffix), len = strlen(path);

	return s->opt.backup_dir == NULL && len >= n && strcmp(path + len - n, suffix) == 0;
}

static int
take_away(struct session *s, const char *path, const struct stat *st, bool counted)
{
	if (options_pretend(&s->opt))
		return 0;
	if (counted && s->opt.backup && !S_ISDIR(st->st_mode) && !is_backup(s, path))
		return backup_move(s, path, false);
	return tree_remove(&s->push->dest.tree, path, S_ISDIR(st->st_mode));
}

static void
say_mounted(struct session *s, const char *path)
{
	if (report_informs(s, 2, "mount"))
		session_tell(s, MSG_INFO, "cannot delete mount point: %s\n", path);
}

static enum outcome remove_one(struct session *s, const char *path, const struct stat *st, bool counted, int depth);

/* Everything below a directory that is to go.  KEPT when something in it stays. */
static enum outcome
empty_dir(struct session *s, const char *path, const struct stat *st, int depth)
{
	struct rules_dir *rules = NULL;
	enum outcome all = GONE, one;
	char name[NAME_BYTES_MAX];
	struct found_names l;
	int r;

	if (depth > DEPTH_MAX)
		report_failed(s, "generator", "delete_file: too deep:", &s->push->dest.tree, path, -ELOOP);
	if (depth > DEPTH_MAX || filter_stack_enter(&s->push->deletion->filters, s, path, &rules) != 0)
		return FAILED;
	if ((r = found_read(s, path, NULL, NULL, &l)) != 0) {
		report_failed(s, "generator", "opendir", &s->push->dest.tree, path, r);
		return FAILED;
	}
	for (size_t i = 0; i < l.n; i++) {
		if (!join(path, l.v[i].name, name)) {
			all = FAILED;
			continue;
		}
		if (is_protected(s, rules, name, S_ISDIR(l.v[i].st.st_mode), true)) {
			all = KEPT;
			continue;
		}
		if (S_ISDIR(l.v[i].st.st_mode) && l.v[i].st.st_dev != st->st_dev && s->opt.one_file_system) {
			say_mounted(s, name);
			all = KEPT;
			continue;
		}
		/* the stack of rules may have moved with what lies deeper */
		if (filter_stack_enter(&s->push->deletion->filters, s, path, &rules) != 0)
			one = FAILED;
		else
			one = remove_one(s, name, &l.v[i].st, true, depth + 1);
		all = one != GONE && all == GONE ? one : all;
	}
	found_free(&l);
	return all;
}

static enum outcome
remove_one(struct session *s, const char *path, const struct stat *st, bool counted, int depth)
{
	enum outcome in = GONE;
	int r;

	if (S_ISDIR(st->st_mode))
		in = empty_dir(s, path, st, depth);
	if (in == KEPT)
		session_tell(s, MSG_INFO, "cannot delete non-empty directory: %s\n", path);
	if (counted && in != FAILED && (in == GONE || depth > 0) && limit_reached(s))	/* as rsync counts them */
		return KEPT;
	if (in == FAILED || (in == KEPT && depth == 0))
		return in;
	r = take_away(s, path, st, counted);	/* deeper, rsync tries also what cannot be empty: its words, and in a dry run its success */
	if (S_ISDIR(st->st_mode) && (r == -ENOTEMPTY || r == -EEXIST)) {	/* backups of what was in it */
		session_tell(s, MSG_INFO, "cannot delete non-empty directory: %s\n", path);
		return KEPT;
	}
	if (r != 0 && r != -ENOENT) {
		session_tell(s, MSG_ERROR_XFER, "rsync: [generator] delete_file: %s(%s) failed: %s (%d)\n",
		    S_ISDIR(st->st_mode) ? "rmdir" : "unlink", path, strerror(-r), -r);
		return FAILED;
	}
	if (counted && r == 0) {
		count(s, st->st_mode);
		report_deleted(s, path, st->st_mode);
		if (session_flush_wait(s) != 0)
			return FAILED;	/* the loop meets the same end */
	}
	return in;
}

/* What removing an empty directory would say. */
static int
try_empty(struct session *s, const char *path)
{
	struct found_names l;
	int r = found_read(s, path, NULL, NULL, &l);

	if (r != 0)
		return r;
	r = l.n > 0 ? -ENOTEMPTY : 0;
	found_free(&l);
	return r;
}

/* What lies in a directory that is in the way is deleted like anything else, and may be as protected; it itself is
 * replaced. */
static int
clear_way(struct session *s, const char *path, const struct stat *st)
{
	int r;

	if (S_ISDIR(st->st_mode) && !s->opt.force && !options_deletes(&s->opt)) {
		r = options_pretend(&s->opt) ? try_empty(s, path) : tree_remove(&s->push->dest.tree, path, true);
		if (r == -ENOTEMPTY || r == -EEXIST)
			session_tell(s, MSG_INFO, "cannot delete non-empty directory: %s\n", path);
		else if (r != 0)
			report_failed(s, "generator", "rmdir", &s->push->dest.tree, path, r);
		return r;
	}
	if (!S_ISDIR(st->st_mode) && s->opt.backup && !options_pretend(&s->opt)) {
		if ((r = backup_move(s, path, false)) != 0)
			report_failed(s, "generator", "backup of", &s->push->dest.tree, path, r);
		return r;
	}
	return remove_one(s, path, st, false, 0) == GONE ? 0 : -EBUSY;
}

int
delete_in_the_way(struct session *s, struct push_job *j)
{
	uint32_t mode = j->file->mode;
	int r;

	if (!j->exists)
		return 0;
	j->exists = false;
	if ((r = clear_way(s, j->path, &j->st)) != 0)
		session_tell(s, MSG_ERROR_XFER, "could not make way for %s: %s\n", S_ISDIR(mode) ? "new directory" :
		    S_ISREG(mode) ? "new regular file" : S_ISLNK(mode) ? "new symlink" : "new special file", j->path);
	return r;
}

int
delete_named(struct session *s, const struct push_job *j)
{
	const char *path = j->path;
	const struct stat *st = &j->st;

	if (is_protected(s, NULL, path, S_ISDIR(st->st_mode), false))
		return 0;
	if (!S_ISDIR(st->st_mode) || s->opt.force || options_deletes(&s->opt)) {
		(void)remove_one(s, path, st, true, 0);
	} else if (take_away(s, path, st, true) == 0) {
		count(s, st->st_mode);
		report_deleted(s, path, st->st_mode);
	} else {
		session_tell(s, MSG_INFO, "cannot delete non-empty directory: %s\n", path);
	}
	return 0;
}

static int
delete_later(struct session *s, const char *path)
{
	struct deletion *d = s->push->deletion;
	char *copy;

	if (!grow(&d->later, sizeof *d->later, d->n_later, &d->cap_later))
		return -ENOMEM;
	if ((copy = strdup(path)) == NULL)
		return -ENOMEM;
	d->later[d->n_later++] = copy;
	return 0;
}

struct listed_in {
	struct session *s;
	const struct flist_segment *seg;
	const char *dir;
};

static bool
is_listed(void *arg, const char *name)
{
	const struct listed_in *l = arg;
	const struct flist_file *f = flist_in_lookup(l->seg, l->s->proto.version, l->dir, name);

	return f != NULL && !(f->flags & IN_MISSING);
}

/* path: the directory on disk; in_list: what the list calls it. */
static int
remove_from(struct session *s, const struct flist_segment *seg, const char *path, const char *in_list)
{
	bool later = options_delete_when(&s->opt, s->proto.version) == DELETE_DELAY && !s->push->deletion->is_late;
	struct listed_in listed = { s, seg, strcmp(in_list, ".") == 0 ? "" : in_list };
	struct rules_dir *rules;
	char name[NAME_BYTES_MAX];
	struct found_names l;
	struct stat top;
	int r;

	if (!delete_allowed(s) || s->push->dest.no_tree || tree_lstat(&s->push->dest.tree, path, &top) != 0 || !S_ISDIR(top.st_mode))
		return 0;
	if ((r = filter_stack_enter(&s->push->deletion->filters, s, path, &rules)) != 0)
		return r;
	if ((r = found_read(s, path, is_listed, &listed, &l)) != 0) {
		if (r == -ENOMEM)
			return r;
		report_failed(s, "generator", "opendir", &s->push->dest.tree, path, r);
		return 0;
	}
	for (size_t i = 0; i < l.n && r == 0; i++) {
		const struct stat *st = &l.v[i].st;

		if (!join(path, l.v[i].name, name) || (r = filter_stack_enter(&s->push->deletion->filters, s, path, &rules)) != 0 ||
		    is_protected(s, rules, name, S_ISDIR(st->st_mode), false))
			continue;
		if (s->opt.one_file_system && S_ISDIR(st->st_mode) && st->st_dev != top.st_dev) {
			say_mounted(s, name);
			continue;
		}
		if (later)
			r = delete_later(s, name);
		else
			(void)remove_one(s, name, st, true, 0);
	}
	found_free(&l);
	return r;
}

/* Delete what is not in the list from directory f, whose entries are in seg; or note it, where deletion
 * comes late.  0, or an error of ours. */
static int
remove_in(struct session *s, const struct flist_segment *seg, const struct flist_file *f)
{
	char path[NAME_BYTES_MAX], in_list[NAME_BYTES_MAX];

	return remove_from(s, seg, dest_path(&s->push->dest, f, path), flist_in_path(f, in_list));
}

/* Were the contents of this directory listed, so that what is not in the list is to go? */
static bool
has_contents(struct session *s, const struct flist_file *f)
{
	char path[NAME_BYTES_MAX];
	size_t n = strlen(s->push->deletion->content_root);

	if (s->proto.version >= 30)
		return !(f->flags & IN_NO_CONTENT);
	flist_in_path(f, path);
	if (f->flags & IN_TOP_DIR)
		snprintf(s->push->deletion->content_root, sizeof s->push->deletion->content_root, "%s", path);
	else if (!s->opt.recurse || n == 0 || (strcmp(s->push->deletion->content_root, ".") != 0 &&
	    (strncmp(path, s->push->deletion->content_root, n) != 0 || path[n] != '/')))
		return false;
	return true;
}

static bool
deletes_in(struct session *s, const struct flist_file *f)
{
	return S_ISDIR(f->mode) && !(f->flags & (IN_DROPPED | IN_SKIPPED)) && s->push->dest.rename_to[0] == '\0' && has_contents(s, f);
}

int
delete_during(struct session *s, const struct flist_segment *seg, const struct flist_file *f)
{
	enum delete_when when = options_delete_when(&s->opt, s->proto.version);

	return (when == DELETE_DURING || when == DELETE_DELAY) && deletes_in(s, f) ? remove_in(s, seg, f) : 0;
}

int
delete_during_segment(struct session *s, const struct flist_segment *seg)
{
	const struct flist_file *f = flist_in_dir_of(&s->push->list, seg->dir);

	if (seg->dir < 0 && seg->n > 0 && strcmp(seg->files[0].name, ".") == 0)
		f = &seg->files[0];
	return f != NULL ? delete_during(s, seg, f) : 0;
}

int
delete_walk(struct session *s)
{
	const struct flist_segment *seg = s->push->list.segments[0];
	int r = 0;

	if (s->push->deletion->late_at == 0 && s->opt.verbose > 1 && s->grant.conf.max_verbosity > 1)
		session_tell(s, MSG_INFO, "deleting in .\n");

	while (s->push->deletion->late_at < seg->n && r == 0) {
		const struct flist_file *f = &seg->files[s->push->deletion->late_at++];

		if (deletes_in(s, f)) {
			r = remove_in(s, seg, f);
			return r == 0 ? 1 : r;
		}
	}
	return r;
}

int
delete_late(struct session *s)
{
	struct deletion *d = s->push->deletion;
	struct stat st;

	d->is_late = true;
	if (options_delete_when(&s->opt, s->proto.version) == DELETE_AFTER)
		return delete_walk(s);
	for (size_t i = 0; i < d->n_later; i++)
		if (delete_allowed(s) && tree_lstat(&s->push->dest.tree, d->later[i], &st) == 0)
			(void)remove_one(s, d->later[i], &st, true, 0);
	return 0;
}
