/* Hard links of a push (-H): a name that waited for another becomes a link to it (rsync-wire 8.5). */
#include "syncd/push/hardlink_make.h"

#include <errno.h>
#include <sys/stat.h>

#include "syncd/push/attr_apply.h"
#include "syncd/push/backup.h"
#include "syncd/push/delete.h"
#include "syncd/push/item.h"
#include "syncd/push/push.h"
#include "syncd/push/report.h"
#include "syncd/push/xattr_recv.h"

static bool
is_linked(const struct session *s, const struct flist_file *f)
{
	return s->push->hardlinks != NULL && f->extra != NULL && f->extra->linked && !S_ISDIR(f->mode);
}

static struct hardlink_id
id_of(const struct flist_file *f)
{
	return (struct hardlink_id){ f->extra->group_dev, f->extra->group_ino };
}

int
hardlink_count(struct session *s, const struct flist_segment *seg)
{
	int r = 0;

	for (uint32_t i = 0; i < seg->n && r == 0; i++) {
		const struct flist_file *f = &seg->files[i];
		struct hardlink_id id;

		if (!is_linked(s, f) || (f->flags & IN_DROPPED))
			continue;
		id = id_of(f);
		r = hardlinks_count(s->push->hardlinks, &id);
	}
	return r;
}

static bool
is_same_file(struct session *s, const char *path, const struct stat *st)
{
	struct stat of;

	return tree_lstat(&s->push->dest.tree, path, &of) == 0 && of.st_dev == st->st_dev && of.st_ino == st->st_ino;
}

/* What differs from the name that stood there, or else from the one in an alternate directory. */
static unsigned
changed(struct session *s, const struct push_job *j, const char *done)
{
	struct stat elsewhere;

	if (j->exists)
		return attr_differs(s, j, &j->st);
	if (dest_alt_find(&s->push->dest, j->path, j->file->mode, &elsewhere) < 0 ||
	    (s->opt.alt_kind == ALT_LINK && !is_same_file(s, done, &elsewhere)))
		return ITEM_IS_NEW;
	return attr_differs(s, j, &elsewhere);
}

/* It is one of done's names already. */
static void
is_link_already(struct session *s, const struct push_job *j)
{
	report_unchanged(s, j->path);
	if (s->proto.version >= 29)
		item_report(s, j, ITEM_LOCAL_CHANGE | ITEM_XNAME_FOLLOWS | xattr_differ(s, j, &s->push->dest.tree, &j->st), "");
	report_success(s, j->ndx);
}

/* What stands there gives way to a link.  0, or an error that was told. */
static int
give_way(struct session *s, struct push_job *j)
{
	int r = 0;

	if (S_ISDIR(j->st.st_mode))
		return delete_in_the_way(s, j);
	if (s->opt.backup && !options_pretend(&s->opt) && (r = backup_move(s, j->path, true)) != 0)
		report_failed(s, "generator", "backup of", &s->push->dest.tree, j->path, r);
	return r;
}

void
hardlink_make(struct session *s, struct push_job *j)
{
	struct tree *t = &s->push->dest.tree;
	const struct hardlink_id id = id_of(j->file);
	const char *done = hardlinks_path(s->push->hardlinks, &id);
	unsigned differs;
	int r = 0;

	dest_path(&s->push->dest, j->file, j->path);
	j->exists = !s->push->dest.no_tree && tree_lstat(t, j->path, &j->st) == 0;
	if (j->exists && is_same_file(s, done, &j->st)) {
		is_link_already(s, j);
		return;
	}
	if (j->exists && give_way(s, j) != 0)
		return;
	if (!options_pretend(&s->opt) && (r = tree_link(t, done, t, j->path, j->exists)) != 0) {
		report_failed(s, "generator", "link", t, j->path, r);
		return;
	}
	differs = changed(s, j, done);
	if (differs != 0 || j->exists || s->opt.alt_kind != ALT_LINK || report_unchanged_too(s))
		item_report(s, j, ITEM_LOCAL_CHANGE | ITEM_XNAME_FOLLOWS | differs, done);
	report_success(s, j->ndx);
}

int
hardlink_enter(struct session *s, struct push_job *j, bool passed)
{
	struct hardlink_id id;
	struct stat st;
	bool first;
	int r;

	if (!is_linked(s, j->file))
		return passed ? HARDLINK_NONE : HARDLINK_GO;
	id = id_of(j->file);
	if (passed) {
		r = hardlinks_pass(s->push->hardlinks, &id);
		return r < 0 ? r : HARDLINK_NONE;
	}
	first = j->exists || !S_ISREG(j->file->mode) || dest_alt_find(&s->push->dest, j->path, j->file->mode, &st) >= 0;
	r = hardlinks_enter(s->push->hardlinks, &id, j->ndx, first);
	if (r == HARDLINK_WAIT)
		flist_in_pending(&s->push->list, j->ndx, 1);
	if (r == HARDLINK_MAKE)
		hardlink_make(s, j);
	return r;
}

int
hardlink_end(struct session *s, const struct flist_file *f, enum hardlink_how how, const char *path)
{
	struct hardlink_id id;

	if (!is_linked(s, f))
		return 0;
	id = id_of(f);
	if (how == HARDLINK_LOST)
		return hardlinks_give_up(s->push->hardlinks, &id);
	return hardlinks_end(s->push->hardlinks, &id, how == HARDLINK_COMPLETE ? path : NULL);
}
