/* Files that may be found elsewhere: --compare-dest, --copy-dest, --link-dest, and by --fuzzy under
 * another name (rsync-wire 7.13). */
#include "syncd/push/altdest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"
#include "syncd/fs/temp_name.h"
#include "syncd/fs/walk.h"
#include "syncd/policy/similar.h"
#include "syncd/push/attr_apply.h"
#include "syncd/push/backup.h"
#include "syncd/push/content.h"
#include "syncd/push/copy.h"
#include "syncd/push/item.h"
#include "syncd/push/push.h"
#include "syncd/push/report.h"
#include "syncd/push/xattr_recv.h"

enum { FUZZY_NAMES_MAX = 20000 };	/* looked at in one directory */

/* How good a find is. */
enum found { FOUND_NOTHING, FOUND_BASIS, FOUND_CONTENT, FOUND_ALL };

/* The first directory of the best rank. */
static enum found
best_of(struct session *s, const struct push_job *j, size_t *ret, struct stat *ret_st)
{
	enum found best = FOUND_NOTHING;
	struct stat st;

	for (size_t i = 0; i < s->opt.n_alt && best != FOUND_ALL; i++) {
		enum found now = FOUND_BASIS;

		if (!dest_alt_has(&s->push->dest, i, j->path, &st) || !S_ISREG(st.st_mode))
			continue;
		if (content_same(s, j, &s->push->dest.alt[i], &st))
			now = attr_differs(s, j, &st) == 0 && xattr_differ(s, j, &s->push->dest.alt[i], &st) == 0 ? FOUND_ALL :
			    FOUND_CONTENT;
		if (now > best) {
			best = now;
			*ret = i;
			*ret_st = st;
		}
	}
	return best;
}

/* A copy of what was found, with the entry's attributes; those that are not asked for are as of a new file. */
static int
copy_here(struct session *s, const struct push_job *j, size_t i, const struct stat *st)
{
	struct tree *t = &s->push->dest.tree;
	struct stat now, like = *st;
	int r;

	if (!s->opt.times)
		like.st_mtim.tv_nsec = UTIME_NOW;
	if (!s->opt.owner)
		like.st_uid = (uid_t)-1;
	if (!s->opt.group)
		like.st_gid = (gid_t)-1;
	r = options_pretend(&s->opt) ? 0 : copy_file(s, &s->push->dest.alt[i], j->path, t, j->path, &like);

	if (r != 0) {
		session_log(s, "copy of \"%s\" from an alternate directory failed: %s", j->path, strerror(-r));
		return JOB_GO_ON;		/* then it is asked for */
	}
	if (!options_pretend(&s->opt) && tree_lstat(t, j->path, &now) == 0)
		(void)attr_apply(s, j, &now, true);
	item_report(s, j, ITEM_LOCAL_CHANGE | attr_differs(s, j, st) | (s->opt.times ? 0u : REPORT_TIME) |
	    xattr_differ(s, j, &s->push->dest.alt[i], st), NULL);
	report_success(s, j->ndx);
	return JOB_DONE;
}

/* One file with what was found, unless it is that already. */
static int
link_here(struct session *s, const struct push_job *j, size_t i, const struct stat *st)
{
	bool linked = j->exists && j->st.st_dev == st->st_dev && j->st.st_ino == st->st_ino;
	int r = options_pretend(&s->opt) || linked ? 0 : tree_link(&s->push->dest.alt[i], j->path, &s->push->dest.tree, j->path, j->exists);

	if (r != 0)
		return JOB_GO_ON;
	item_report(s, j, linked ? 0 : ITEM_LOCAL_CHANGE | ITEM_XNAME_FOLLOWS, linked ? NULL : "");
	report_success(s, j->ndx);
	return JOB_DONE;
}

/* --compare-dest has it, so that it is not kept here. */
static int
not_here(struct session *s, const struct push_job *j)
{
	int r = j->exists && !options_pretend(&s->opt) ? tree_remove(&s->push->dest.tree, j->path, false) : 0;

	if (r != 0 && r != -ENOENT) {
		report_failed(s, "generator", "delete_file: unlink", &s->push->dest.tree, j->path, r);
		return JOB_FAILED;
	}
	item_report(s, j, 0, NULL);
	report_success(s, j->ndx);
	return JOB_FAILED;
}

int
altdest_try(struct session *s, const struct push_job *j)
{
	struct stat st;
	size_t i = 0;
	enum found found;
	int r;

	if (j->exists && s->opt.alt_kind == ALT_COPY)	/* what is there is not copied over */
		return JOB_GO_ON;
	found = best_of(s, j, &i, &st);
	if (found < (j->exists ? FOUND_ALL : FOUND_CONTENT))
		return JOB_GO_ON;
	if (found == FOUND_ALL && s->opt.alt_kind == ALT_LINK && (r = link_here(s, j, i, &st)) != 0)
		return r;
	if (found == FOUND_ALL && s->opt.alt_kind == ALT_COMPARE)
		return not_here(s, j);
	return j->exists ? JOB_GO_ON : copy_here(s, j, i, &st);
}

/* Is it a link to target, or (target NULL) the same node? */
static bool
same_thing(struct session *s, int i, const char *path, const struct stat *st, const char *target, dev_t dev)
{
	char has[2 * NAME_BYTES_MAX];

	if (target == NULL)
		return S_ISFIFO(st->st_mode) || S_ISSOCK(st->st_mode) || st->st_rdev == dev;
	return tree_readlink(&s->push->dest.alt[i], path, has, sizeof has) >= 0 && strcmp(has, target) == 0;
}

int
altdest_node(struct session *s, const struct push_job *j, const char *target, dev_t dev)
{
	struct tree *t = &s->push->dest.tree;
	struct stat st, now;
	int i = dest_alt_find(&s->push->dest, j->path, j->file->mode, &st), r = 0;

	if (i < 0 || !same_thing(s, i, j->path, &st, target, dev) || attr_differs(s, j, &st) != 0)
		return JOB_GO_ON;
	if (s->opt.alt_kind == ALT_LINK && !options_pretend(&s->opt))
		r = tree_link(&s->push->dest.alt[i], j->path, t, j->path, false);
	if (s->opt.alt_kind == ALT_COPY && !options_pretend(&s->opt) &&
	    (r = target != NULL ? tree_symlink(t, target, j->path, false) : tree_mknod(t, j->path, st.st_mode, dev, false)) == 0 &&
	    tree_lstat(t, j->path, &now) == 0)
		(void)attr_apply(s, j, &now, true);
	if (r != 0)
		return JOB_GO_ON;	/* then it is made in the normal way */
	if (s->opt.alt_kind == ALT_LINK)
		item_report(s, j, ITEM_LOCAL_CHANGE | ITEM_XNAME_FOLLOWS, "");
	else
		item_report(s, j, s->opt.alt_kind == ALT_COPY ? ITEM_LOCAL_CHANGE : 0, NULL);
	report_success(s, j->ndx);
	return s->opt.alt_kind == ALT_COMPARE ? JOB_FAILED : JOB_DONE;
}

static bool
is_hidden_in(const struct session *s, const struct tree *t, const char *dir, const char *name)
{
	char path[2 * TREE_PATH_SIZE];

	snprintf(path, sizeof path, "%s%s%s", dir, dir[0] == '\0' ? "" : "/", name);
	return dest_hidden(&s->push->dest, t, path, false);
}

/* The name in a directory that is most like the file's, where it beats *best; one of the same size and time wins
 * over all.  The later of two that are equally like it, as with rsync. */
static bool
more_similar(struct session *s, struct tree *t, const char *dir, const struct flist_file *f, uint32_t *best, char dst[NAME_MAX + 1])
{
	struct walk *w;
	struct walk_item item;
	unsigned n = 0;
	bool found = false;
	int fd = t->fd < 0 ? -ENOENT : tree_open_dir(t, dir[0] == '\0' ? "." : dir);

	if (fd < 0 || walk_over(fd, s->root.fake, &w) != 0)
		return false;
	while (*best > 0 && n++ < FUZZY_NAMES_MAX && walk_next(w, &item)) {
		uint32_t d;

		if (item.err != 0 || !S_ISREG(item.st.st_mode) || item.st.st_size == 0 || strcmp(item.name, f->name) == 0 ||
		    temp_name_is(item.name))
			continue;
		d = item.st.st_size == f->size && attr_same_time(s, f, &item.st) ? 0 : similar_distance(item.name, f->name);
		if (d > *best || (d == *best && (!found || strcmp(item.name, dst) < 0)) || is_hidden_in(s, t, dir, item.name))
			continue;
		*best = d;
		found = true;
		snprintf(dst, NAME_MAX + 1, "%s", item.name);
	}
	walk_close(w);
	return found;
}

/* A similar file beside the one that is missing, and with -yy in the alternate directories too. */
static bool
find_similar(struct session *s, const struct push_job *j, struct basis *b)
{
	char dir[TREE_PATH_SIZE];
	uint32_t best = SIMILAR_MOST;
	bool found;

	dest_dir_of(j->path, dir);
	b->kind = FROM_FUZZY;
	found = more_similar(s, &s->push->dest.tree, dir, j->file, &best, b->xname);
	for (size_t i = 0; s->opt.fuzzy > 1 && i < s->opt.n_alt; i++) {
		if (!more_similar(s, &s->push->dest.alt[i], dir, j->file, &best, b->xname))
			continue;
		found = true;
		b->kind = (uint8_t)(FROM_FUZZY_ALT + i);
	}
	return found;
}

/* In the alternate directory with that number. */
static int
open_in_alt(struct session *s, size_t i, const char *path, struct stat *ret_st)
{
	if (i >= s->opt.n_alt || s->push->dest.alt[i].fd < 0)
		return -ENOENT;
	return tree_open_file(&s->push->dest.alt[i], path, O_RDONLY, ret_st);
}

int
altdest_open(struct session *s, const struct request *w, const char *path, struct stat *ret_st)
{
	char name[TREE_PATH_SIZE];
	const char *slash = strrchr(path, '/');
	struct tree *t;
	int r;

	if (w->basis < FROM_DEST)
		return open_in_alt(s, w->basis, path, ret_st);
	if (w->basis >= FROM_FUZZY)
		snprintf(name, sizeof name, "%.*s%s", slash == NULL ? 0 : (int)(slash - path) + 1, path, w->xname);
	switch (w->basis) {
	case FROM_PARTIAL:
		return dest_partial(&s->push->dest, path, &t, name) ? tree_open_file(t, name, O_RDONLY, ret_st) : -ENOENT;
	case FROM_BACKUP:
		return (r = backup_name(s, path, &t, name)) == 0 ? tree_open_file(t, name, O_RDONLY, ret_st) : r;
	case FROM_FUZZY:
		return tree_open_file(&s->push->dest.tree, name, O_RDONLY, ret_st);
	case FROM_DEST:
		return tree_open_file(&s->push->dest.tree, path, O_RDONLY, ret_st);
	default:
		return open_in_alt(s, w->basis - FROM_FUZZY_ALT, name, ret_st);
	}
}

bool
altdest_basis(struct session *s, const struct push_job *j, struct basis *ret, struct stat *ret_st)
{
	struct request w = { .xname = ret->xname };
	bool deltas = !s->opt.whole_file && s->proto.xfer_sum != SUM_NONE;
	size_t i = 0;

	*ret = (struct basis){ .kind = FROM_DEST, .fd = -1 };
	if (s->opt.n_alt > 0 && best_of(s, j, &i, ret_st) >= FOUND_BASIS)
		ret->kind = (uint8_t)i;
	else if (!deltas || !s->opt.fuzzy || !find_similar(s, j, ret))
		return false;
	w.basis = ret->kind;
	return !deltas || (ret->fd = altdest_open(s, &w, j->path, ret_st)) >= 0;
}
