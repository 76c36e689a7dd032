/* The order of the wire (rsync-wire 5.11). */
#include "syncd/session/source_rooms.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "syncd/session/order.h"

/* The order of the wire from protocol 29 on, within one directory: "." first, then what is no
 * directory, then directories as if their names ended in '/' (rsync-wire 5.11.1). */
int
source_leaf_rank(const struct file *f)
{
	return strcmp(f->name, ".") == 0 ? 0 : S_ISDIR(f->mode) ? 2 : 1;
}

static int
compare_names(const char *a, bool a_dir, const char *b, bool b_dir)
{
	const unsigned char *x = (const unsigned char *)a, *y = (const unsigned char *)b;

	while (*x == *y && *x != '\0')
		x++, y++;
	return (*x == '\0' && a_dir ? '/' : *x) - (*y == '\0' && b_dir ? '/' : *y);
}

static int
compare_leaves(const struct file *a, const struct file *b)
{
	int ra = source_leaf_rank(a), rb = source_leaf_rank(b);

	return ra != rb ? ra - rb : compare_names(a->name, ra == 2, b->name, rb == 2);
}

/* The next component of a path that may end in the leaf f; false when it is used up. */
static bool
component(const char **dir, const struct file *f, bool *leaf_done, char *dst, bool *ret_dir)
{
	size_t n = strcspn(*dir, "/");

	if (n > 0) {
		memcpy(dst, *dir, n);
		dst[n] = '\0';
		*dir += n;
		*dir += **dir == '/';
		*ret_dir = true;
		return true;
	}
	if (*leaf_done)
		return false;
	*leaf_done = true;
	*ret_dir = source_leaf_rank(f) == 2;
	strcpy(dst, source_leaf_rank(f) == 0 ? "" : f->name);
	return true;
}

static int
compare_new(const struct source *s, const struct file *a, const struct file *b)
{
	const char *da = s->places[a->dir].path, *db = s->places[b->dir].path;
	char x[NAME_BYTES_MAX], y[NAME_BYTES_MAX];
	bool la = false, lb = false, xdir = false, ydir = false, xa, yb;
	int r;

	if (a->dir == b->dir || strcmp(da, db) == 0)
		return compare_leaves(a, b);
	for (;;) {
		xa = component(&da, a, &la, x, &xdir);
		yb = component(&db, b, &lb, y, &ydir);
		if (!xa || !yb)
			return (int)xa - (int)yb;
		if (xdir != ydir)
			return (int)xdir - (int)ydir;
		if ((r = compare_names(x, xdir, y, ydir)) != 0)
			return r;
	}
}

static int
compare_old(const struct source *s, const struct file *a, const struct file *b)
{
	char x[NAME_BYTES_MAX], y[NAME_BYTES_MAX];
	const char *da = s->places[a->dir].path, *db = s->places[b->dir].path;

	if (strcmp(da, db) == 0)
		return strcmp(a->name, b->name);
	snprintf(x, sizeof x, "%s%s%s", da, da[0] == '\0' ? "" : "/", a->name);
	snprintf(y, sizeof y, "%s%s%s", db, db[0] == '\0' ? "" : "/", b->name);
	return strcmp(x, y);
}

static int
in_wire_order(const void *a, const void *b, const void *arg)
{
	const struct source *s = arg;

	return s->conf.version >= 29 ? compare_new(s, a, b) : compare_old(s, a, b);
}

static const char *
name_of(const void *item, const void *arg, const void **ret_dir, int *ret_rank)
{
	const struct source *s = arg;
	const struct file *f = item;

	*ret_dir = &s->places[f->dir];
	*ret_rank = s->conf.version >= 29 ? source_leaf_rank(f) : 0;
	return f->name;
}

int
source_sort(const struct source *s, struct file *files, uint32_t n)
{
	const struct ordering by_wire = { in_wire_order, name_of, s };

	return order_sort(files, sizeof *files, n, &by_wire);
}
