/* Names of one file: one of them is asked for, the others are linked to it (rsync-wire 8.5). */
#include "syncd/session/intake.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/err.h"
#include "lib/grow.h"

void
groups_done(struct groups *g)
{
	for (size_t i = 0; i < g->size; i++) {
		free(g->rows[i].done);
		free(g->rows[i].waiting);
	}
	free(g->rows);
}

static struct group *
slot_of(struct group *rows, size_t size, uint64_t dev, uint64_t ino)
{
	size_t i = (size_t)((ino * 0x9e3779b97f4a7c15ULL ^ dev * 0xc2b2ae3d27d4eb4fULL) >> 20) & (size - 1);

	while (rows[i].used && (rows[i].dev != dev || rows[i].ino != ino))
		i = (i + 1) & (size - 1);
	return &rows[i];
}

static struct group *
group_of(struct session *s, const struct in_file *f)
{
	struct groups *g = &s->in->groups;
	struct group *row;

	if (g->size == 0 || f->extra == NULL || !f->extra->linked)
		return NULL;
	row = slot_of(g->rows, g->size, f->extra->group_dev, f->extra->group_ino);
	return row->used ? row : NULL;
}

static int
groups_grow(struct groups *g)
{
	size_t size = g->size == 0 ? 64 : g->size * 2;
	struct group *rows = calloc(size, sizeof *rows);

	if (rows == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < g->size; i++)
		if (g->rows[i].used)
			*slot_of(rows, size, g->rows[i].dev, g->rows[i].ino) = g->rows[i];
	free(g->rows);
	g->rows = rows;
	g->size = size;
	return 0;
}

int
groups_count(struct session *s, const struct in_segment *seg)
{
	struct groups *g = &s->in->groups;

	for (uint32_t i = 0; i < seg->n; i++) {
		const struct in_file *f = &seg->files[i];
		struct group *row;

		if (f->extra == NULL || !f->extra->linked || S_ISDIR(f->mode) || (f->flags & IN_DROPPED))
			continue;
		if (g->n * 2 >= g->size && groups_grow(g) != 0)
			return -ENOMEM;
		row = slot_of(g->rows, g->size, f->extra->group_dev, f->extra->group_ino);
		if (!row->used) {
			*row = (struct group){ .dev = f->extra->group_dev, .ino = f->extra->group_ino, .leader = -1, .used = true };
			g->n++;
		}
		row->names++;
		row->left++;
	}
	return 0;
}

static int
wait_for(struct group *g, int32_t ndx)
{
	if (!grow(&g->waiting, sizeof *g->waiting, g->n_waiting, &g->cap_waiting))
		return -ENOMEM;
	g->waiting[g->n_waiting++] = ndx;
	return 0;
}

/* What differs from the name that stood there (or NULL), resp. the one in an alternate directory. */
static unsigned
changed(struct session *s, const struct in_file *f, const char *path, const struct stat *st)
{
	struct stat elsewhere;

	if (st == NULL && altdest_find(s, f, path, &elsewhere) >= 0)
		st = &elsewhere;
	return st != NULL ? settle_differs(s, f, st) : ITEM_IS_NEW;
}

/* The name of f becomes one more of done's. */
static void
link_one(struct session *s, int32_t ndx, const struct in_file *f, const char *done)
{
	struct tree *t = &s->in->tree;
	char path[NAME_BYTES_MAX];
	struct stat st, of;
	bool exists;
	unsigned flags = ITEM_LOCAL_CHANGE | ITEM_XNAME_FOLLOWS, differs;
	int r = 0;

	dest_path(s, f, path);
	exists = !s->in->no_tree && tree_lstat(t, path, &st) == 0;
	if (exists && tree_lstat(t, done, &of) == 0 && of.st_dev == st.st_dev && of.st_ino == st.st_ino) {
		generator_unchanged(s, path);
		if (s->proto.version >= 29)
			generator_item(s, ndx, flags | extras_differ(s, f, t, path, &st), "");
		generator_success(s, ndx);
		return;
	}
	if (exists && S_ISDIR(st.st_mode)) {
		r = remove_for(s, path, &st, f->mode);
		exists = false;
	}
	if (r == 0 && exists && s->opt.backup && !s->in->pretend && (r = dest_backup(s, path, true)) != 0)
		dest_failed(s, "generator", "backup of", t, path, r);
	if (r == 0 && !s->in->pretend && (r = tree_link(t, done, t, path, exists)) != 0)
		dest_failed(s, "generator", "link", t, path, r);
	if (r != 0)
		return;
	differs = changed(s, f, path, exists ? &st : NULL);
	if (differs != 0 || exists || s->opt.alt_kind != ALT_LINK || generator_reports_all(s))
		generator_item(s, ndx, flags | differs, done);
	generator_success(s, ndx);
}

static int
link_waiting(struct session *s, struct group *g)
{
	int32_t dir;

	for (size_t i = 0; i < g->n_waiting; i++) {
		const struct in_file *f = inlist_find(&s->in->list, g->waiting[i], &dir);

		if (f != NULL)
			link_one(s, g->waiting[i], f, g->done);
		push_pending(s, g->waiting[i], -1);
	}
	g->n_waiting = 0;
	return 0;
}

/* The only name that there is?  Others may come in later lists. */
static bool
is_alone(const struct session *s, const struct group *g)
{
	return g == NULL || (g->names < 2 && !s->in->list.incremental);
}

int
groups_enter(struct session *s, int32_t ndx, struct in_file *f, bool exists)
{
	struct group *g = group_of(s, f);
	char path[NAME_BYTES_MAX];
	struct stat st;
	int r;

	if (is_alone(s, g))
		return 0;
	if (g->left > 0)
		g->left--;
	if (g->done != NULL) {
		link_one(s, ndx, f, g->done);
		return 1;
	}
	/* the first that is there, or elsewhere, is looked at; else the last is asked for, as rsync does it */
	if (g->leader < 0 && (exists || g->left == 0 || !S_ISREG(f->mode) ||
	    altdest_find(s, f, dest_path(s, f, path), &st) >= 0))
		return 0;
	if ((r = wait_for(g, ndx)) != 0)
		return r;
	push_pending(s, ndx, 1);
	return 1;
}

void
groups_asked(struct session *s, int32_t ndx, const struct in_file *f)
{
	struct group *g = group_of(s, f);

	if (g != NULL)
		g->leader = ndx;
}

int
groups_complete(struct session *s, const struct in_file *f, const char *path)
{
	struct group *g = group_of(s, f);

	if (is_alone(s, g) || g->done != NULL)
		return 0;
	if ((g->done = strdup(path)) == NULL)
		return -ENOMEM;
	g->leader = -1;
	return link_waiting(s, g);
}

int
groups_failed(struct session *s, const struct in_file *f)
{
	struct group *g = group_of(s, f);
	struct in_file *next;
	int32_t ndx, dir;
	int r;

	if (g == NULL || g->done != NULL)
		return 0;
	g->leader = -1;
	if (g->left > 0 || g->n_waiting == 0)
		return 0;
	ndx = g->waiting[--g->n_waiting];
	next = inlist_find(&s->in->list, ndx, &dir);
	r = next == NULL ? 0 : generator_entry(s, ndx, next);
	push_pending(s, ndx, -1);
	return r;
}
