/* Files are found: directories are read, rules and links looked at (rsync-wire 5). */
#include "syncd/pull/flist_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "lib/err.h"
#include "lib/grow.h"
#include "syncd/fs/walk.h"
#include "syncd/policy/path.h"
#include "syncd/policy/symlink_safety.h"
#include "syncd/session/charset.h"
#include "syncd/wire/mux.h"

enum { RULES_FILE_MAX = 1 << 20 };	/* bytes of a merge file */

static bool
is_device(const struct file *f)
{
	return S_ISCHR(f->mode) || S_ISBLK(f->mode);
}

static void
fill(struct file *f, const struct stat *st)
{
	f->mode = (uint16_t)st->st_mode;
	f->mtime = st->st_mtim.tv_sec;
	f->nsec = (uint32_t)st->st_mtim.tv_nsec;
	f->uid = st->st_uid;
	f->gid = st->st_gid;
	f->size = S_ISREG(st->st_mode) || S_ISDIR(st->st_mode) || S_ISLNK(st->st_mode) ? st->st_size : 0;
}

static void
fill_more(struct file *f, const struct stat *st)
{
	struct file_more *m = flist_more_of(f);

	m->inode = (struct inode_id){ st->st_dev, st->st_ino };
	m->atime = st->st_atim.tv_sec;
	if (is_device(f)) {
		m->rdev_major = major(st->st_rdev);
		m->rdev_minor = minor(st->st_rdev);
	}
}

/* A link's target as the client is to see it. */
static const char *
unmunged(const struct flist *s, const char *link)
{
	size_t n = sizeof SYMLINK_MUNGED - 1;

	return s->conf.munge && strncmp(link, SYMLINK_MUNGED, n) == 0 && link[n] != '\0' ? link + n : link;
}

/* Add one object to the newest segment.  A directory gets a number of its own (flist_dir_add) when its contents will be
 * sent.  link: the target of a symlink, else NULL.  NULL for lack of memory. */
struct file *
flist_add_file(struct flist *s, uint32_t dir, const char *name, const struct stat *st, const char *link)
{
	struct segment *seg = flist_newest_segment(s);
	size_t cap = seg->cap;
	struct file *f;

	if (!grow(&seg->files, sizeof *seg->files, seg->n, &cap))
		return NULL;
	seg->cap = (uint32_t)cap;
	f = &seg->files[seg->n];
	memset(f, 0, sizeof *f);
	fill(f, st);
	f->dir = dir;
	/* at 27 every regular file is told by its inode, whether it has other names or not */
	f->linked = s->conf.hard_links && !S_ISDIR(f->mode) && (st->st_nlink > 1 || s->conf.version < 28);
	f->more = f->linked || S_ISDIR(f->mode) || is_device(f) || s->conf.atimes || s->conf.attrs || s->conf.removes;
	if (link != NULL) {
		link = unmunged(s, link);
		f->size = (int64_t)strlen(link);
	}
	if (flist_keep_names(seg, f, name, link) != 0)
		return NULL;
	if (f->more)
		fill_more(f, st);
	if (S_ISREG(f->mode) || S_ISLNK(f->mode))
		s->total_size += f->size;
	seg->n++;
	return f;
}

/* Give a directory entry such a number, so that its contents are read later. */
int
flist_open_later(struct flist *s, struct file *f, dev_t dev)
{
	const struct flist_dir *in = &s->dirs[f->dir];
	uint32_t sub = flist_dir_add(s, flist_joined(in->path, f->name), flist_joined(in->fs, f->name), dev);

	if (sub == 0)
		return -ENOMEM;
	flist_more_of(f)->sub = sub;
	s->dirs[sub].rules = rules_dir_share(s->dirs[f->dir].rules);
	return 0;
}

/* Does the path of an entry called name fit below this directory? */
static bool
fits(const struct flist_dir *in, const char *name)
{
	return strlen(in->path) + strlen(name) + 1 < NAME_BYTES_MAX;
}

/* Is a name of directory dir left out, by the module's rules or by the client's? */
bool
flist_left_out(const struct flist *s, uint32_t dir, const char *name, bool is_dir)
{
	const struct flist_dir *in = &s->dirs[dir];
	char path[2 * NAME_BYTES_MAX], fs[2 * NAME_BYTES_MAX];
	struct rules_name n = { path, fs, is_dir };

	if (rules_empty(s->conf.rules) && rules_empty(s->conf.hidden))
		return false;
	snprintf(path, sizeof path, "%s%s%s", in->path, in->path[0] == '\0' ? "" : "/", name);
	snprintf(fs, sizeof fs, "%s%s%s", in->fs, in->fs[0] == '\0' ? "" : "/", name);
	if (rules_hides(s->conf.hidden, fs, is_dir))
		return true;
	return !rules_empty(s->conf.rules) && rules_match(s->conf.rules, in->rules, &n) == RULES_EXCLUDE;
}

/* A merge file of the client's rules: below the root like everything else, and never one that
 * the module hides. */
static char *
fetch_rules(void *arg, const char *dir, const char *name)
{
	struct flist *s = arg;
	char path[NAME_BYTES_MAX], place[NAME_BYTES_MAX];
	int r;

	if (path_below(dir, name, path, sizeof path) != 0 || rules_hidden(s->conf.hidden, path, false))
		return NULL;
	if ((r = root_owned_path(s->conf.root, path, s->conf.uid, place, sizeof place)) == -ELOOP)
		flist_tell(s, MSG_WARNING, LINK_REFUSED ": \"%s\" (in %s)\n", path, s->conf.module);
	return r != 0 || rules_hidden(s->conf.hidden, place, false) ? NULL : root_read_text_strict(s->conf.root, place, RULES_FILE_MAX);
}

/* Where the names of a transfer begin: the directory, less its path in the transfer. */
static void
transfer_root(const struct flist_dir *p, char base[NAME_BYTES_MAX])
{
	size_t fs = strlen(p->fs), path = strlen(p->path), n = path == 0 ? fs : fs > path ? fs - path - 1 : 0;

	snprintf(base, NAME_BYTES_MAX, "%.*s", (int)n, p->fs);
}

/* Read the merge files of a directory that is about to be listed. */
static int
enter_rules(struct flist *s, uint32_t dir)
{
	struct flist_dir *p = &s->dirs[dir];
	struct rules_dir *rules;
	char where[256], line[512], base[NAME_BYTES_MAX];
	int r;

	if (rules_empty(s->conf.rules))
		return 0;
	transfer_root(p, base);
	r = rules_enter(s->conf.rules, p->rules, p->fs, &(struct rules_reader){ fetch_rules, s, base }, &rules, where, sizeof where);
	if (r == 0) {
		rules_dir_free(p->rules);
		p->rules = rules;
	} else if (rules_complaint(r, s->conf.entered ? "/" : "", where, line, sizeof line)) {
		flist_tell(s, MSG_ERROR, "%s\n", line);
		s->rules_error = r;
	}
	return r;
}

/* Is this link to be replaced by what it leads to?  in: where it lies. */
static bool
follows(const struct flist *s, const struct flist_dir *in, const char *target)
{
	return s->conf.copy_links || (s->conf.copy_unsafe && symlink_unsafe(target, in->path));
}

static void
no_referent(struct flist *s, uint32_t dir, const char *fs)
{
	char path[2 * NAME_BYTES_MAX];

	flist_tell(s, MSG_ERROR_XFER, "symlink has no referent: \"%s\" (in %s)\n", flist_shown(s, dir, fs, path, sizeof path),
	    s->conf.module);
	s->io_error |= IOERR_GENERAL;
}

/* A link found in directory dir.  1: *st is now what it leads to; 0: it stays a link; negative: it
 * was complained of and is left out. */
int
flist_resolve_link(struct flist *s, uint32_t dir, const char *fs, const char *target, struct stat *st)
{
	const struct flist_dir *in = &s->dirs[dir];
	const bool wanted = follows(s, in, target);
	struct stat to;
	int r;

	if (!wanted && !s->conf.copy_dirlinks)
		return 0;
	if (wanted && !s->conf.copy_links && s->conf.verbose)
		flist_tell(s, MSG_INFO, "copying unsafe symlink \"%s%s%s\" -> \"%s\"\n", in->path, in->path[0] == '\0' ? "" : "/",
		    strrchr(fs, '/') == NULL ? fs : strrchr(fs, '/') + 1, target);
	r = root_stat(s->conf.root, fs, 1, &to);
	if (!wanted) {		/* -k: only what leads to a directory */
		if (r != 0 || !S_ISDIR(to.st_mode))
			return 0;
	} else if (r != 0) {
		no_referent(s, dir, fs);
		return -1;
	}
	*st = to;
	return 1;
}

/* Can the client be told of this entry in its own character set?  If not, it is told that. */
bool
flist_can_be_said(struct flist *s, uint32_t dir, const char *name, const char *link)
{
	const struct flist_dir *in = &s->dirs[dir];
	char path[2 * NAME_BYTES_MAX], fs[2 * NAME_BYTES_MAX], wire[NAME_BYTES_MAX];
	int r;

	if (s->conf.charset == NULL)
		return true;
	snprintf(path, sizeof path, "%s%s%s", in->path, in->path[0] == '\0' ? "" : "/", name);
	if ((r = charset_to_wire(s->conf.charset, path, wire, sizeof wire)) != 0) {
		flist_tell(s, MSG_ERROR_XFER, "[sender] cannot convert filename: %s (%s)\n", path, strerror(-r));
	} else if (link != NULL && s->conf.charset_links &&
	    (r = charset_to_wire(s->conf.charset, link, wire, sizeof wire)) != 0) {
		snprintf(path, sizeof path, "%s%s%s", in->fs, in->fs[0] == '\0' ? "" : "/", name);
		flist_tell(s, MSG_ERROR_XFER, "[sender] cannot convert symlink data for: \"%s\" (in %s) (%s)\n",
		    flist_shown(s, dir, path, fs, sizeof fs), s->conf.module, strerror(-r));
	} else {
		return true;
	}
	s->io_error |= IOERR_GENERAL;
	return false;
}

static bool
is_readable(const struct flist *s, const struct flist_dir *in, const char *name)
{
	char fs[2 * NAME_BYTES_MAX];

	if (strcmp(name, ".") == 0)
		name = "";
	snprintf(fs, sizeof fs, "%s%s%s", in->fs, in->fs[0] == '\0' || name[0] == '\0' ? "" : "/", name);
	return root_readable(s->conf.root, fs);
}

/* Add an object whose state is known; a directory is opened later, if its contents are wanted. */
static int
add_found(struct flist *s, uint32_t dir, const char *name, const struct stat *st, const char *link, bool followed)
{
	struct file *f;

	link = S_ISLNK(st->st_mode) ? link : NULL;
	if (s->conf.readable_only && link == NULL && !is_readable(s, &s->dirs[dir], name))
		return 0;
	if (!flist_can_be_said(s, dir, name, link))
		return 0;
	if ((f = flist_add_file(s, dir, name, st, link)) == NULL)
		return -ENOMEM;
	f->followed = followed;
	if (!S_ISDIR(f->mode))
		return 0;
	if (!s->conf.recurse || (s->conf.one_file_system && st->st_dev != s->dirs[dir].dev)) {
		f->no_content = true;
		return 0;
	}
	return flist_open_later(s, f, st->st_dev);
}

/* One object found in a directory. */
static int
take_child(struct flist *s, struct walk *w, uint32_t dir, struct walk_item *it)
{
	char link[NAME_BYTES_MAX], fs[2 * NAME_BYTES_MAX];
	const struct flist_dir *in = &s->dirs[dir];
	int r = it->err, followed = 0;

	if (flist_left_out(s, dir, it->name, r == 0 && S_ISDIR(it->st.st_mode)))
		return 0;
	if (r == 0 && !S_ISLNK(it->st.st_mode) && fits(in, it->name))	/* nearly all: no path is needed */
		return add_found(s, dir, it->name, &it->st, NULL, false);
	snprintf(fs, sizeof fs, "%s%s%s", in->fs, in->fs[0] == '\0' ? "" : "/", it->name);
	if (r == 0 && S_ISLNK(it->st.st_mode) && (r = walk_link(w, it->name, link, sizeof link)) == 0)
		r = -EINVAL;		/* an empty target says nothing */
	if (r > 0 && (followed = flist_resolve_link(s, dir, fs, link, &it->st)) < 0)
		return 0;
	if (r >= 0 && !fits(in, it->name))
		r = -ENAMETOOLONG;
	if (r < 0) {
		flist_complain(s, "readlink_stat", dir, fs, r);
		return 0;
	}
	return add_found(s, dir, it->name, &it->st, link, followed > 0);
}

/* Its directories took their share of the rules: only what is still to be read keeps merge files in memory. */
static void
leave_rules(struct flist *s, uint32_t dir)
{
	rules_dir_free(s->dirs[dir].rules);
	s->dirs[dir].rules = NULL;
}

static int
read_entries(struct flist *s, uint32_t dir)
{
	struct walk_item it;
	struct walk *w;
	int r;

	if ((r = walk_open(s->conf.root, s->dirs[dir].fs, &w)) == -ENOMEM)
		return r;
	if (r != 0) {
		flist_complain(s, "opendir", dir, s->dirs[dir].fs, r);
		return 0;
	}
	while (r == 0 && walk_next(w, &it)) {
		r = take_child(s, w, dir, &it);
		if (r == 0 && !work_add(s->conf.work, FLIST_ENTRY_STEPS, 0))
			r = s->conf.work->err;		/* what was left out is not missing: this list must not be sent */
	}
	if (r == 0 && walk_error(w) != 0)
		flist_complain(s, "readdir", dir, s->dirs[dir].fs, walk_error(w));
	walk_close(w);
	return r;
}

/* Read one directory into the newest segment. */
int
flist_read_dir(struct flist *s, uint32_t dir)
{
	int r = enter_rules(s, dir);

	if (r == 0)
		r = read_entries(s, dir);
	leave_rules(s, dir);
	return r;
}
