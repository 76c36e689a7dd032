/* Files that may be found elsewhere: --compare-dest, --copy-dest, --link-dest, and by --fuzzy under
 * another name (rsync-wire 7.13). */
#include "syncd/push/intake.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"
#include "syncd/fs/walk.h"
#include "syncd/policy/similar.h"

enum { FUZZY_NAMES_MAX = 20000 };	/* looked at in one directory */

/* How good a find is. */
enum found { FOUND_NOTHING, FOUND_BASIS, FOUND_CONTENT, FOUND_ALL };

/* Does the directory with that number hold this path, and may it be looked at? */
static bool
is_there(struct session *s, size_t i, const char *path, struct stat *ret_st)
{
	struct tree *t = &s->push->alt[i];

	return t->fd >= 0 && tree_lstat(t, path, ret_st) == 0 && !dest_hidden(s, t, path, S_ISDIR(ret_st->st_mode));
}

/* The first directory of the best rank. */
static enum found
best_of(struct session *s, struct in_file *f, const char *path, size_t *ret, struct stat *ret_st)
{
	enum found best = FOUND_NOTHING;
	struct stat st;

	for (size_t i = 0; i < s->opt.n_alt && best != FOUND_ALL; i++) {
		enum found now = FOUND_BASIS;

		if (!is_there(s, i, path, &st) || !S_ISREG(st.st_mode))
			continue;
		if (settle_same_content(s, f, &s->push->alt[i], path, &st))
			now = settle_differs(s, f, &st) == 0 && extras_differ(s, f, &s->push->alt[i], path, &st) == 0 ? FOUND_ALL :
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
copy_here(struct session *s, int32_t ndx, struct in_file *f, const char *path, size_t i, const struct stat *st)
{
	struct tree *t = &s->push->tree;
	struct stat now, like = *st;
	int r;

	if (!s->opt.times)
		like.st_mtim.tv_nsec = UTIME_NOW;
	if (!s->opt.owner)
		like.st_uid = s->grant.uid;
	if (!s->opt.group)
		like.st_gid = s->grant.gid;
	r = s->push->pretend ? 0 : move_copy_file(s, &s->push->alt[i], path, t, path, &like);

	if (r != 0) {
		session_log(s, "copy of \"%s\" from an alternate directory failed: %s", path, strerror(-r));
		return 0;		/* then it is asked for */
	}
	if (!s->push->pretend && tree_lstat(t, path, &now) == 0)
		(void)settle_apply(s, f, t, path, -1, &now, true);
	generator_item(s, ndx, ITEM_LOCAL_CHANGE | settle_differs(s, f, st) | (s->opt.times ? 0u : REPORT_TIME) |
	    extras_differ(s, f, &s->push->alt[i], path, st), NULL);
	generator_success(s, ndx);
	return ENTRY_DONE;
}

/* One file with what was found, unless it is that already. */
static int
link_here(struct session *s, int32_t ndx, const char *path, size_t i, const struct stat *st, const struct stat *there)
{
	bool linked = there != NULL && there->st_dev == st->st_dev && there->st_ino == st->st_ino;
	int r = s->push->pretend || linked ? 0 : tree_link(&s->push->alt[i], path, &s->push->tree, path, there != NULL);

	if (r != 0)
		return 0;
	generator_item(s, ndx, linked ? 0 : ITEM_LOCAL_CHANGE | ITEM_XNAME_FOLLOWS, linked ? NULL : "");
	generator_success(s, ndx);
	return ENTRY_DONE;
}

/* --compare-dest has it, so that it is not kept here. */
static int
not_here(struct session *s, int32_t ndx, const char *path, bool there)
{
	int r = there && !s->push->pretend ? tree_remove(&s->push->tree, path, false) : 0;

	if (r != 0 && r != -ENOENT) {
		dest_failed(s, "generator", "delete_file: unlink", &s->push->tree, path, r);
		return ENTRY_FAILED;
	}
	generator_item(s, ndx, 0, NULL);
	generator_success(s, ndx);
	return ENTRY_FAILED;
}

int
altdest_try(struct session *s, int32_t ndx, struct in_file *f, const char *path, const struct stat *there)
{
	struct stat st;
	size_t i = 0;
	enum found found;
	int r;

	if (there != NULL && s->opt.alt_kind == ALT_COPY)	/* what is there is not copied over */
		return 0;
	found = best_of(s, f, path, &i, &st);
	if (found < (there != NULL ? FOUND_ALL : FOUND_CONTENT))
		return 0;
	if (found == FOUND_ALL && s->opt.alt_kind == ALT_LINK && (r = link_here(s, ndx, path, i, &st, there)) != 0)
		return r;
	if (found == FOUND_ALL && s->opt.alt_kind == ALT_COMPARE)
		return not_here(s, ndx, path, there != NULL);
	return there != NULL ? 0 : copy_here(s, ndx, f, path, i, &st);
}

int
altdest_find(struct session *s, const struct in_file *f, const char *path, struct stat *ret_st)
{
	for (size_t i = 0; i < s->opt.n_alt; i++)
		if (is_there(s, i, path, ret_st) && (ret_st->st_mode & S_IFMT) == (f->mode & S_IFMT))
			return (int)i;
	return -1;
}

/* Is it a link to target, resp. (NULL) the same node? */
static bool
same_thing(struct session *s, int i, const char *path, const struct stat *st, const char *target, dev_t dev)
{
	char has[2 * NAME_BYTES_MAX];

	if (target == NULL)
		return S_ISFIFO(st->st_mode) || S_ISSOCK(st->st_mode) || st->st_rdev == dev;
	return tree_readlink(&s->push->alt[i], path, has, sizeof has) >= 0 && strcmp(has, target) == 0;
}

int
altdest_node(struct session *s, int32_t ndx, const struct in_file *f, const char *path, const char *target, dev_t dev)
{
	struct tree *t = &s->push->tree;
	struct stat st, now;
	int i = altdest_find(s, f, path, &st), r = 0;

	if (i < 0 || !same_thing(s, i, path, &st, target, dev) || settle_differs(s, f, &st) != 0)
		return 0;
	if (s->opt.alt_kind == ALT_LINK && !s->push->pretend)
		r = tree_link(&s->push->alt[i], path, t, path, false);
	if (s->opt.alt_kind == ALT_COPY && !s->push->pretend &&
	    (r = target != NULL ? tree_symlink(t, target, path, false) : tree_mknod(t, path, st.st_mode, dev, false)) == 0 &&
	    tree_lstat(t, path, &now) == 0)
		(void)settle_apply(s, f, t, path, -1, &now, true);
	if (r != 0)
		return 0;	/* then it is made in the normal way */
	if (s->opt.alt_kind == ALT_LINK)
		generator_item(s, ndx, ITEM_LOCAL_CHANGE | ITEM_XNAME_FOLLOWS, "");
	else
		generator_item(s, ndx, s->opt.alt_kind == ALT_COPY ? ITEM_LOCAL_CHANGE : 0, NULL);
	generator_success(s, ndx);
	return s->opt.alt_kind == ALT_COMPARE ? ENTRY_FAILED : ENTRY_DONE;
}

/* --- similar names ------------------------------------------------------------------------------------------ */

static bool
is_hidden_in(const struct session *s, const struct tree *t, const char *dir, const char *name)
{
	char path[2 * TREE_PATH_SIZE];

	snprintf(path, sizeof path, "%s%s%s", dir, dir[0] == '\0' ? "" : "/", name);
	return dest_hidden(s, t, path, false);
}

/* The name in a directory that is most like the file's, where it beats *best; one of the same size and time wins
 * over all.  The later of two that are equally like it, as with rsync. */
static bool
more_similar(struct session *s, struct tree *t, const char *dir, const struct in_file *f, uint32_t *best, char dst[NAME_MAX + 1])
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
		    stage_is_name(item.name))
			continue;
		d = item.st.st_size == f->size && settle_same_time(s, f, &item.st) ? 0 : similar_distance(item.name, f->name);
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
find_similar(struct session *s, const struct in_file *f, const char *path, uint8_t *ret_kind)
{
	char dir[TREE_PATH_SIZE];
	uint32_t best = SIMILAR_MOST;
	bool found;

	dest_dir_of(path, dir);
	*ret_kind = FROM_FUZZY;
	found = more_similar(s, &s->push->tree, dir, f, &best, s->push->fuzzy);
	for (size_t i = 0; s->opt.fuzzy > 1 && i < s->opt.n_alt; i++) {
		if (!more_similar(s, &s->push->alt[i], dir, f, &best, s->push->fuzzy))
			continue;
		found = true;
		*ret_kind = (uint8_t)(FROM_FUZZY_ALT + i);
	}
	return found;
}

bool
altdest_basis(struct session *s, const struct in_file *f, const char *path, uint8_t *ret_kind, int *ret_fd,
    struct stat *ret_st, const char **ret_xname)
{
	struct want w = { .xname = s->push->fuzzy };
	bool deltas = !s->opt.whole_file && s->proto.xfer_sum != SUM_NONE;
	size_t i = 0;

	if (s->push->no_tree)
		return false;
	*ret_fd = -1;
	*ret_xname = NULL;
	if (s->opt.n_alt > 0 && best_of(s, (struct in_file *)(uintptr_t)f, path, &i, ret_st) >= FOUND_BASIS) {
		w.basis = (uint8_t)i;
	} else {
		if (!deltas || !s->opt.fuzzy || !find_similar(s, f, path, &w.basis))
			return false;
		*ret_xname = s->push->fuzzy;
	}
	*ret_kind = w.basis;
	return !deltas || (*ret_fd = altdest_open(s, &w, path, ret_st)) >= 0;
}

/* In the alternate directory with that number. */
static int
open_in_alt(struct session *s, size_t i, const char *path, struct stat *ret_st)
{
	if (i >= s->opt.n_alt || s->push->alt[i].fd < 0)
		return -ENOENT;
	return tree_open_file(&s->push->alt[i], path, O_RDONLY, ret_st);
}

int
altdest_open(struct session *s, const struct want *w, const char *path, struct stat *ret_st)
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
		return dest_partial(s, path, &t, name) ? tree_open_file(t, name, O_RDONLY, ret_st) : -ENOENT;
	case FROM_BACKUP:
		return (r = dest_backup_name(s, path, &t, name)) == 0 ? tree_open_file(t, name, O_RDONLY, ret_st) : r;
	case FROM_FUZZY:
		return tree_open_file(&s->push->tree, name, O_RDONLY, ret_st);
	case FROM_DEST:
		return tree_open_file(&s->push->tree, path, O_RDONLY, ret_st);
	default:
		return open_in_alt(s, w->basis - FROM_FUZZY_ALT, name, ret_st);
	}
}
