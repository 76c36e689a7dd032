#include "syncd/session/order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Beyond that keys would cost more memory than they are worth. */
enum { KEYED_MAX = 1 << 16, KEY_BYTES = 7 };

struct sorting {
	const struct ordering *o;
	const char *items;
	size_t size;
	uint64_t *keys;		/* where they differ they are in order; NULL: there are none */
};

static const void *
item_at(const struct sorting *t, uint32_t i)
{
	return t->items + i * t->size;
}

static int
by_key(const void *va, const void *vb, void *arg)
{
	const uint32_t *a = va, *b = vb;
	const struct sorting *t = arg;
	int r;

	if (t->keys != NULL && t->keys[*a] != t->keys[*b])
		return t->keys[*a] < t->keys[*b] ? -1 : 1;
	r = t->o->compare(item_at(t, *a), item_at(t, *b), t->o->arg);
	return r != 0 ? r : *a < *b ? -1 : 1;
}

/* The length of what all names begin with; SIZE_MAX when they lie in several directories. */
static size_t
common_start(const struct sorting *t, uint32_t n)
{
	const void *dir, *other;
	int rank;
	const char *first = t->o->name(t->items, t->o->arg, &dir, &rank);
	size_t same = strlen(first), k;

	for (uint32_t i = 1; i < n; i++) {
		const char *name = t->o->name(item_at(t, i), t->o->arg, &other, &rank);

		if (other != dir)
			return SIZE_MAX;
		for (k = 0; k < same && name[k] == first[k]; k++)
			;
		same = k;
	}
	return same;
}

/* What decides between two names of a directory first: the rank, and some bytes from where names differ. */
static uint64_t
key_of(const char *name, int rank)
{
	uint64_t key = (uint64_t)rank;
	int i;

	for (i = 0; i < KEY_BYTES && *name != '\0'; i++, name++)
		key = key << 8 | (unsigned char)*name;
	if (i < KEY_BYTES && rank == ORDER_RANK_DIR)
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
		const void *dir;
		int rank;
		const char *name = t->o->name(item_at(t, i), t->o->arg, &dir, &rank);

		keys[i] = key_of(name + skip, rank);
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
order_sort(void *items, size_t size, uint32_t n, const struct ordering *o)
{
	struct sorting t = { o, items, size, NULL };
	uint32_t *order, done = 1;

	while (done < n && o->compare(item_at(&t, done - 1), item_at(&t, done), o->arg) <= 0)
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
