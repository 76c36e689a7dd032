/* The order of the wire (rsync-wire 5.11). */
#include "syncd/session/source_rooms.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { KEYED_MAX = 1 << 16 };

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
in_wire_order(const struct source *s, const struct file *a, const struct file *b)
{
	return s->conf.version >= 29 ? compare_new(s, a, b) : compare_old(s, a, b);
}

struct sorting {
	const struct source *s;
	const struct file *files;
	uint64_t *keys;		/* where they differ they are in the order of the wire; NULL: there are none */
};

static int
by_wire_order(const void *va, const void *vb, void *arg)
{
	const uint32_t *a = va, *b = vb;
	const struct sorting *t = arg;
	int r;

	if (t->keys != NULL && t->keys[*a] != t->keys[*b])
		return t->keys[*a] < t->keys[*b] ? -1 : 1;
	r = in_wire_order(t->s, &t->files[*a], &t->files[*b]);
	return r != 0 ? r : *a < *b ? -1 : 1;	/* of the same name, the first found stays first */
}

/* The length of what all names begin with. */
static size_t
common_start(const struct file *files, uint32_t n)
{
	const char *first = files[0].name;
	size_t same = strlen(first), k;

	for (uint32_t i = 1; i < n && same > 0; i++) {
		for (k = 0; k < same && files[i].name[k] == first[k]; k++)
			;
		same = k;
	}
	return same;
}

/* What decides between two names of a directory first: the rank, and seven bytes from where names differ. */
static uint64_t
order_key(const struct file *f, size_t skip, bool ranked)
{
	int rank = ranked ? source_leaf_rank(f) : 0;
	const char *at = f->name + skip;
	uint64_t key = (uint64_t)rank;
	int i;

	for (i = 0; i < 7 && *at != '\0'; i++, at++)
		key = key << 8 | (unsigned char)*at;
	if (i < 7 && rank == 2)
		key = key << 8 | '/', i++;
	return key << 8 * (7 - i);
}

/* Keys for the files of one directory; NULL where there are several, or too many files for the memory. */
static uint64_t *
order_keys(const struct source *s, const struct file *files, uint32_t n)
{
	uint64_t *keys;
	size_t skip;

	for (uint32_t i = 1; i < n; i++)
		if (files[i].dir != files[0].dir)
			return NULL;
	if (n > KEYED_MAX || (keys = calloc(n, sizeof *keys)) == NULL)
		return NULL;
	skip = common_start(files, n);
	for (uint32_t i = 0; i < n; i++)
		keys[i] = order_key(&files[i], skip, s->conf.version >= 29);
	return keys;
}

/* Move each file to where order says, in place: order[i] is where the i-th comes from. */
static void
permute(struct file *files, uint32_t *order, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct file first = files[i];
		uint32_t at = i, from;

		for (; (from = order[at]) != i; at = from) {
			files[at] = files[from];
			order[at] = at;
		}
		files[at] = first;
		order[at] = at;
	}
}

/* Numbers are sorted, not files: with a million of them the memory counts.  0 or -ENOMEM. */
int
source_sort(const struct source *s, struct file *files, uint32_t n)
{
	struct sorting t = { s, files, NULL };
	uint32_t *order, done = 1;

	while (done < n && in_wire_order(s, &files[done - 1], &files[done]) <= 0)
		done++;
	if (done >= n)
		return 0;
	if ((order = calloc(n, sizeof *order)) == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		order[i] = i;
	t.keys = order_keys(s, files, n);
	qsort_r(order, n, sizeof *order, by_wire_order, &t);
	permute(files, order, n);
	free(t.keys);
	free(order);
	return 0;
}
