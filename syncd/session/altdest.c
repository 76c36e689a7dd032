/* Files that may be found elsewhere: --compare-dest, --copy-dest, --link-dest, and by --fuzzy under
 * another name (rsync-wire 7.13). */
#include "syncd/session/intake.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"
#include "syncd/fs/walk.h"

enum { FUZZY_NAMES_MAX = 20000, FUZZY_NAME_MAX = 255 };

/* How good a find is. */
enum found { FOUND_NOTHING, FOUND_BASIS, FOUND_CONTENT, FOUND_ALL };

/* Does the directory with that number hold this path, and may it be looked at? */
static bool
is_there(struct session *s, size_t i, const char *path, struct stat *ret_st)
{
	struct tree *t = &s->in->alt[i];

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
		if (settle_same_content(s, f, &s->in->alt[i], path, &st))
			now = settle_differs(s, f, &st) == 0 && extras_differ(s, f, &s->in->alt[i], path, &st) == 0 ? FOUND_ALL :
			    FOUND_CONTENT;
		if (now > best) {
			best = now;
			*ret = i;
			*ret_st = st;
		}
	}
	return best;
}

/* A copy of what was found, with the entry's attributes. */
static int
copy_here(struct session *s, int32_t ndx, struct in_file *f, const char *path, size_t i, const struct stat *st)
{
	struct tree *t = &s->in->tree;
	struct stat now;
	int r = s->in->pretend ? 0 : receiver_copy(s, &s->in->alt[i], path, t, path, st);

	if (r != 0) {
		session_log(s, "copy of \"%s\" from an alternate directory failed: %s", path, strerror(-r));
		return 0;		/* then it is asked for */
	}
	if (!s->in->pretend && tree_lstat(t, path, &now) == 0)
		(void)settle_apply(s, f, t, path, -1, &now, true);
	generator_item(s, ndx, ITEM_LOCAL_CHANGE | settle_differs(s, f, st) | extras_differ(s, f, &s->in->alt[i], path, st), NULL);
	generator_success(s, ndx);
	r = groups_complete(s, f, path);
	return r < 0 ? r : 1;
}

static int
link_here(struct session *s, int32_t ndx, struct in_file *f, const char *path, size_t i)
{
	int r = s->in->pretend ? 0 : tree_link(&s->in->alt[i], path, &s->in->tree, path, false);

	if (r != 0)
		return 0;
	generator_item(s, ndx, ITEM_LOCAL_CHANGE | ITEM_XNAME_FOLLOWS, "");
	generator_success(s, ndx);
	r = groups_complete(s, f, path);
	return r < 0 ? r : 1;
}

int
altdest_try(struct session *s, int32_t ndx, struct in_file *f, const char *path)
{
	struct stat st;
	size_t i = 0;
	enum found found = best_of(s, f, path, &i, &st);
	int r;

	if (found < FOUND_CONTENT)
		return 0;
	if (found == FOUND_ALL && s->opt.alt_kind == ALT_LINK && (r = link_here(s, ndx, f, path, i)) != 0)
		return r;
	if (found == FOUND_ALL && s->opt.alt_kind == ALT_COMPARE) {
		generator_item(s, ndx, 0, NULL);
		generator_success(s, ndx);
		return 1;
	}
	return copy_here(s, ndx, f, path, i, &st);
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
	return tree_readlink(&s->in->alt[i], path, has, sizeof has) >= 0 && strcmp(has, target) == 0;
}

int
altdest_node(struct session *s, int32_t ndx, const struct in_file *f, const char *path, const char *target, dev_t dev)
{
	struct tree *t = &s->in->tree;
	struct stat st, now;
	int i = altdest_find(s, f, path, &st), r = 0;

	if (i < 0 || !same_thing(s, i, path, &st, target, dev) || settle_differs(s, f, &st) != 0)
		return 0;
	if (s->opt.alt_kind == ALT_LINK && !s->in->pretend)
		r = tree_link(&s->in->alt[i], path, t, path, false);
	if (s->opt.alt_kind == ALT_COPY && !s->in->pretend &&
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
	r = s->opt.alt_kind == ALT_COMPARE ? 0 : groups_complete(s, f, path);
	return r < 0 ? r : 1;
}

/* --- similar names ------------------------------------------------------------------------------------------ */

/* How far two names are apart: the fewest characters to insert, delete or change. */
static unsigned
distance(const char *a, const char *b)
{
	unsigned row[FUZZY_NAME_MAX + 1];
	size_t na = strlen(a), nb = strlen(b);

	if (na > FUZZY_NAME_MAX || nb > FUZZY_NAME_MAX)
		return UINT32_MAX;
	for (size_t k = 0; k <= nb; k++)
		row[k] = (unsigned)k;
	for (size_t i = 1; i <= na; i++) {
		unsigned diagonal = row[0]++;

		for (size_t k = 1; k <= nb; k++) {
			unsigned change = diagonal + (a[i - 1] != b[k - 1]), least = row[k] < row[k - 1] ? row[k] + 1 : row[k - 1] + 1;

			diagonal = row[k];
			row[k] = change < least ? change : least;
		}
	}
	return row[nb];
}

static bool
is_hidden_in(const struct session *s, const struct tree *t, const char *dir, const char *name)
{
	char path[2 * TREE_PATH_SIZE];

	snprintf(path, sizeof path, "%s%s%s", dir, dir[0] == '\0' ? "" : "/", name);
	return dest_hidden(s, t, path, false);
}

/* The name in dir that is most like leaf; one of the same size and time wins at once. */
static bool
similar(struct session *s, struct tree *t, const char *dir, const struct in_file *f, const char *leaf, char dst[NAME_MAX + 1])
{
	struct walk *w;
	struct walk_item item;
	unsigned best = UINT32_MAX, n = 0;
	int fd = tree_open_dir(t, dir[0] == '\0' ? "." : dir);

	if (fd < 0 || walk_over(fd, s->root.fake, &w) != 0)
		return false;
	while (n++ < FUZZY_NAMES_MAX && walk_next(w, &item)) {
		unsigned d;

		if (item.err != 0 || !S_ISREG(item.st.st_mode) || item.st.st_size == 0 || strcmp(item.name, leaf) == 0 ||
		    stage_is_name(item.name))
			continue;
		d = item.st.st_size == f->size && settle_same_time(s, f, &item.st) ? 0 : 1 + distance(item.name, leaf);
		if (d >= best || d > 1 + strlen(leaf) / 2 + 2 || is_hidden_in(s, t, dir, item.name))
			continue;
		best = d;
		snprintf(dst, NAME_MAX + 1, "%s", item.name);
	}
	walk_close(w);
	return best != UINT32_MAX;
}

int
altdest_basis(struct session *s, const struct in_file *f, const char *path, uint8_t *ret_kind, int *ret_fd,
    struct stat *ret_st, const char **ret_xname)
{
	struct want w = { .basis = FROM_FUZZY, .xname = s->in->fuzzy };
	char dir[TREE_PATH_SIZE];
	size_t i = 0;
	int fd;

	if (s->opt.whole_file || s->proto.xfer_sum == SUM_NONE || s->in->no_tree)
		return 0;
	*ret_xname = NULL;
	if (s->opt.n_alt > 0 && best_of(s, (struct in_file *)(uintptr_t)f, path, &i, ret_st) >= FOUND_BASIS) {
		w.basis = (uint8_t)i;
	} else {
		dest_dir_of(path, dir);
		if (!s->opt.fuzzy || !similar(s, &s->in->tree, dir, f, f->name, s->in->fuzzy))
			return 0;
		*ret_xname = s->in->fuzzy;
	}
	if ((fd = altdest_open(s, &w, path, ret_st)) < 0)
		return 0;
	*ret_kind = w.basis;
	*ret_fd = fd;
	return 1;
}

int
altdest_open(struct session *s, const struct want *w, const char *path, struct stat *ret_st)
{
	char name[TREE_PATH_SIZE];
	const char *suffix = s->opt.suffix != NULL ? s->opt.suffix : "~", *slash = strrchr(path, '/');

	if (w->basis < FROM_DEST)
		return w->basis < s->opt.n_alt && s->in->alt[w->basis].fd >= 0 ?
		    tree_open_file(&s->in->alt[w->basis], path, O_RDONLY, ret_st) : -ENOENT;
	switch (w->basis) {
	case FROM_PARTIAL:
		return dest_partial(s, path, name) ? tree_open_file(&s->in->tree, name, O_RDONLY, ret_st) : -ENOENT;
	case FROM_BACKUP:
		snprintf(name, sizeof name, "%s%s", path, suffix);
		return tree_open_file(&s->in->tree, name, O_RDONLY, ret_st);
	case FROM_FUZZY:
		snprintf(name, sizeof name, "%.*s%s", slash == NULL ? 0 : (int)(slash - path) + 1, path, w->xname);
		return tree_open_file(&s->in->tree, name, O_RDONLY, ret_st);
	default:
		return tree_open_file(&s->in->tree, path, O_RDONLY, ret_st);
	}
}
