/* Names of one file (-H): what the generator does with those that wait, and makes links of (rsync-wire 8.5). */
#include "syncd/push/intake.h"

#include <errno.h>
#include <sys/stat.h>

static bool
is_linked(const struct session *s, const struct in_file *f)
{
	return s->push->hardlinks != NULL && f->extra != NULL && f->extra->linked && !S_ISDIR(f->mode);
}

static struct hardlink_id
id_of(const struct in_file *f)
{
	return (struct hardlink_id){ f->extra->group_dev, f->extra->group_ino };
}

int
linknames_count(struct session *s, const struct in_segment *seg)
{
	int r = 0;

	for (uint32_t i = 0; i < seg->n && r == 0; i++) {
		const struct in_file *f = &seg->files[i];
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

	return tree_lstat(&s->push->tree, path, &of) == 0 && of.st_dev == st->st_dev && of.st_ino == st->st_ino;
}

/* What differs from the name that stood there (or NULL), or else from the one in an alternate directory. */
static unsigned
changed(struct session *s, const struct in_file *f, const char *path, const struct stat *st, const char *done)
{
	struct stat elsewhere;

	if (st != NULL)
		return settle_differs(s, f, st);
	if (altdest_find(s, f, path, &elsewhere) < 0 || (s->opt.alt_kind == ALT_LINK && !is_same_file(s, done, &elsewhere)))
		return ITEM_IS_NEW;
	return settle_differs(s, f, &elsewhere);
}

/* The name of f is one of done's already. */
static void
is_link_already(struct session *s, int32_t ndx, const struct in_file *f, const char *path, const struct stat *st)
{
	generator_unchanged(s, path);
	if (s->proto.version >= 29)
		generator_item(s, ndx, ITEM_LOCAL_CHANGE | ITEM_XNAME_FOLLOWS | extras_differ(s, f, &s->push->tree, path, st), "");
	generator_success(s, ndx);
}

/* What stands at path gives way to a link.  *exists: a file is still there, to be replaced.  0, or an error that was told. */
static int
give_way(struct session *s, const struct in_file *f, const char *path, const struct stat *st, bool *exists)
{
	int r = 0;

	if (S_ISDIR(st->st_mode)) {
		*exists = false;
		return remove_for(s, path, st, f->mode);
	}
	if (s->opt.backup && !s->push->pretend && (r = dest_backup(s, path, true)) != 0)
		dest_failed(s, "generator", "backup of", &s->push->tree, path, r);
	return r;
}

/* The name of f becomes one more of done's. */
static void
link_one(struct session *s, int32_t ndx, const struct in_file *f, const char *done)
{
	struct tree *t = &s->push->tree;
	char path[NAME_BYTES_MAX];
	struct stat st;
	bool exists;
	unsigned differs;
	int r = 0;

	dest_path(s, f, path);
	exists = !s->push->no_tree && tree_lstat(t, path, &st) == 0;
	if (exists && is_same_file(s, done, &st)) {
		is_link_already(s, ndx, f, path, &st);
		return;
	}
	if (exists && give_way(s, f, path, &st, &exists) != 0)
		return;
	if (!s->push->pretend && (r = tree_link(t, done, t, path, exists)) != 0) {
		dest_failed(s, "generator", "link", t, path, r);
		return;
	}
	differs = changed(s, f, path, exists ? &st : NULL, done);
	if (differs != 0 || exists || s->opt.alt_kind != ALT_LINK || generator_reports_all(s))
		generator_item(s, ndx, ITEM_LOCAL_CHANGE | ITEM_XNAME_FOLLOWS | differs, done);
	generator_success(s, ndx);
}

int
linknames_enter(struct session *s, int32_t ndx, const struct in_file *f, const char *path, bool exists)
{
	struct hardlink_id id;
	struct stat st;
	bool first;
	int r;

	if (!is_linked(s, f))
		return LINKNAMES_GO;
	id = id_of(f);
	first = exists || !S_ISREG(f->mode) || altdest_find(s, f, path, &st) >= 0;
	r = hardlinks_enter(s->push->hardlinks, &id, ndx, first);
	if (r == HARDLINK_WAIT)
		push_pending(s, ndx, 1);
	if (r == HARDLINK_MAKE)
		link_one(s, ndx, f, hardlinks_path(s->push->hardlinks, &id));
	return r < 0 ? r : r == HARDLINK_GO ? LINKNAMES_GO : LINKNAMES_DEALT_WITH;
}

int
linknames_pass(struct session *s, const struct in_file *f)
{
	struct hardlink_id id;

	if (!is_linked(s, f))
		return 0;
	id = id_of(f);
	return hardlinks_pass(s->push->hardlinks, &id);
}

int
linknames_end(struct session *s, const struct in_file *f, const char *path)
{
	struct hardlink_id id;

	if (!is_linked(s, f))
		return 0;
	id = id_of(f);
	return hardlinks_end(s->push->hardlinks, &id, path);
}

int
linknames_give_up(struct session *s, const struct in_file *f)
{
	struct hardlink_id id;

	if (!is_linked(s, f))
		return 0;
	id = id_of(f);
	return hardlinks_give_up(s->push->hardlinks, &id);
}

static int
go_on(struct session *s, int32_t ndx, struct in_file *f, enum hardlink_verdict verdict)
{
	struct hardlink_id id = id_of(f);

	if (verdict == HARDLINK_GO)
		return generator_released(s, ndx, f);
	if (verdict == HARDLINK_MAKE)
		link_one(s, ndx, f, hardlinks_path(s->push->hardlinks, &id));
	return 0;
}

int
linknames_step(struct session *s)
{
	enum hardlink_verdict verdict = HARDLINK_NONE;
	struct in_file *f;
	int32_t ndx, dir;
	int r = 0;

	if (s->push->hardlinks != NULL)
		verdict = hardlinks_next(s->push->hardlinks, &ndx);
	if (verdict == HARDLINK_NONE)
		return 0;
	if ((f = inlist_find(&s->push->list, ndx, &dir)) != NULL)	/* its list stays as long as it waits */
		r = go_on(s, ndx, f, verdict);
	push_pending(s, ndx, -1);
	return r != 0 ? r : 1;
}
