/* The sort order of file lists, for each protocol (rsync-wire 5.11). */
#include "syncd/session/order.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "syncd/wire/flist.h"

/* Beyond that keys would cost more memory than they are worth. */
enum { KEYED_MAX = 1 << 16, KEY_BYTES = 7 };

enum { RANK_DOT, RANK_FILE, RANK_DIR };

static int
rank(const char *name, bool is_dir)
{
	return strcmp(name, ".") == 0 ? RANK_DOT : is_dir ? RANK_DIR : RANK_FILE;
}

/* Bytes, where a directory's name ends in a slash. */
static int
compare_bytes(const char *a, size_t na, bool a_dir, const char *b, size_t nb, bool b_dir)
{
	size_t n = na < nb ? na : nb;
	int r = memcmp(a, b, n);
	int x = na > n ? (unsigned char)a[n] : a_dir ? '/' : 0, y = nb > n ? (unsigned char)b[n] : b_dir ? '/' : 0;

	return r != 0 ? r : x - y;
}

int
order_leaves(int version, const char *a, bool a_dir, const char *b, bool b_dir)
{
	int ra = rank(a, a_dir), rb = rank(b, b_dir);

	if (version < 29)
		return strcmp(a, b);
	return ra != rb ? ra - rb : compare_bytes(a, strlen(a), a_dir, b, strlen(b), b_dir);
}

/* The next component of dir + "/" + leaf, borrowed; false when there is none. */
static bool
component(const char **dir, const char **leaf, bool leaf_dir, const char **ret, size_t *ret_n, bool *ret_dir)
{
	if (**dir != '\0') {
		*ret = *dir;
		*ret_n = strcspn(*dir, "/");
		*dir += *ret_n;
		*dir += **dir == '/';
		*ret_dir = true;
		return true;
	}
	if (*leaf == NULL)
		return false;
	*ret = *leaf;
	*ret_n = strlen(*leaf);
	*ret_dir = leaf_dir;
	if (strcmp(*leaf, ".") == 0) {	/* counts as an empty name that is no directory's */
		*ret_n = 0;
		*ret_dir = false;
	}
	*leaf = NULL;
	return true;
}

static int
compare_new(const char *da, const char *a, bool a_dir, const char *db, const char *b, bool b_dir)
{
	const char *x, *y;
	size_t nx, ny;
	bool xd, yd, more_a, more_b;
	int r;

	for (;;) {
		more_a = component(&da, &a, a_dir, &x, &nx, &xd);
		more_b = component(&db, &b, b_dir, &y, &ny, &yd);
		if (!more_a || !more_b)
			return (int)more_a - (int)more_b;
		if (xd != yd)
			return (int)xd - (int)yd;
		if ((r = compare_bytes(x, nx, xd, y, ny, yd)) != 0)
			return r;
	}
}

/* Full paths as bytes. */
static int
compare_old(const char *da, const char *a, const char *db, const char *b)
{
	char x[2 * NAME_BYTES_MAX], y[2 * NAME_BYTES_MAX];

	snprintf(x, sizeof x, "%s%s%s", da, da[0] == '\0' ? "" : "/", a);
	snprintf(y, sizeof y, "%s%s%s", db, db[0] == '\0' ? "" : "/", b);
	return strcmp(x, y);
}

int
order_compare(int version, const struct order_name *a, const struct order_name *b)
{
	if (a->dir == b->dir)
		return order_leaves(version, a->name, a->is_dir, b->name, b->is_dir);
	return version < 29 ? compare_old(a->dir, a->name, b->dir, b->name) :
	    compare_new(a->dir, a->name, a->is_dir, b->dir, b->name, b->is_dir);
}

/* --- sorting -------------------------------------------------------------------------------- */

struct sorting {
	order_name_of *name_of;
	const void *arg;
	int version;
	const char *items;
	size_t size;
	uint64_t *keys;		/* where they differ they are in order; NULL: there are none */
};

static struct order_name
name_at(const struct sorting *t, uint32_t i)
{
	struct order_name name;

	t->name_of(t->items + i * t->size, t->arg, &name);
	return name;
}

static int
compare_at(const struct sorting *t, uint32_t i, uint32_t k)
{
	const struct order_name a = name_at(t, i), b = name_at(t, k);

	return order_compare(t->version, &a, &b);
}

static int
by_key(const void *va, const void *vb, void *arg)
{
	const uint32_t *a = va, *b = vb;
	const struct sorting *t = arg;
	int r;

	if (t->keys != NULL && t->keys[*a] != t->keys[*b])
		return t->keys[*a] < t->keys[*b] ? -1 : 1;
	r = compare_at(t, *a, *b);
	return r != 0 ? r : *a < *b ? -1 : 1;
}

/* The length of what all names begin with; SIZE_MAX when they lie in several directories. */
static size_t
common_start(const struct sorting *t, uint32_t n)
{
	const struct order_name first = name_at(t, 0);
	size_t same = strlen(first.name), k;

	for (uint32_t i = 1; i < n; i++) {
		const struct order_name other = name_at(t, i);

		if (other.dir != first.dir)
			return SIZE_MAX;
		for (k = 0; k < same && other.name[k] == first.name[k]; k++)
			;
		same = k;
	}
	return same;
}

/* What decides between two names of a directory first: the rank, and some bytes from where names differ. */
static uint64_t
key_of(const char *name, int rank_of)
{
	uint64_t key = (uint64_t)rank_of;
	int i;

	for (i = 0; i < KEY_BYTES && *name != '\0'; i++, name++)
		key = key << 8 | (unsigned char)*name;
	if (i < KEY_BYTES && rank_of == RANK_DIR)
		key = key << 8 | '/', i++;
	return key << 8 * (KEY_BYTES - i);
}

static uint64_t *
keys_of(const struct sorting *t, uint32_t n)
{
	size_t skip = n > KEYED_MAX ? SIZE_MAX : common_start(t, n);
	uint64_t *keys;

	if (skip == SIZE_MAX || (keys = calloc(n, sizeof *keys)) == NULL)
		return NULL;
	for (uint32_t i = 0; i < n; i++) {
		const struct order_name at = name_at(t, i);

		keys[i] = key_of(at.name + skip, t->version < 29 ? 0 : rank(at.name, at.is_dir));
	}
	return keys;
}

/* Move each item to where order says, in place: order[i] is where the i-th comes from. */
static void
permute(char *items, size_t size, uint32_t *order, uint32_t n)
{
	char first[ORDER_ITEM_MAX];

	for (uint32_t i = 0; i < n; i++) {
		uint32_t at = i, from;

		if (order[i] == i)
			continue;
		memcpy(first, items + i * size, size);
		for (; (from = order[at]) != i; at = from) {
			memcpy(items + at * size, items + from * size, size);
			order[at] = at;
		}
		memcpy(items + at * size, first, size);
		order[at] = at;
	}
}

/* Numbers are sorted, not items: with a million of them the memory counts. */
int
order_sort(void *items, size_t size, uint32_t n, int version, order_name_of *name_of, const void *arg)
{
	struct sorting t = { name_of, arg, version, items, size, NULL };
	uint32_t *order, done = 1;

	while (done < n && compare_at(&t, done - 1, done) <= 0)
		done++;
	if (done >= n)
		return 0;
	if ((order = calloc(n, sizeof *order)) == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		order[i] = i;
	t.keys = keys_of(&t, n);
	qsort_r(order, n, sizeof *order, by_key, &t);
	permute(items, size, order, n);
	free(t.keys);
	free(order);
	return 0;
}
