/* ACLs and extended attributes of a push's list, each set once, and values that are asked for later (rsync-wire 5.14, 5.15). */
#include "syncd/push/xattr_cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/grow.h"
#include "syncd/wire/int.h"

enum { COUNT_MAX = 65536, NAME_MAX_BYTES = 4096, VALUE_WIRE_MAX = 128 << 20 };

void
xattr_cache_done(struct xattr_cache *k)
{
	for (int kind = 0; kind < 2; kind++) {
		for (size_t i = 0; i < k->n_acls[kind]; i++)
			posix_acl_done(&k->acls[kind][i]);
		free(k->acls[kind]);
	}
	for (size_t i = 0; i < k->n_sets; i++) {
		for (uint32_t n = 0; n < k->sets[i].n; n++) {
			free(k->sets[i].v[n].name);
			free(k->sets[i].v[n].value);
		}
		free(k->sets[i].v);
	}
	free(k->sets);
}

static int
account(struct xattr_cache *k, size_t n)
{
	if (n > XATTR_CACHE_LIST_MAX || k->list_bytes > XATTR_CACHE_LIST_MAX - n)
		return E_LIMIT;
	k->list_bytes += n;
	return 0;
}

/* Room for one more of n elements. */
static int
make_room(void *array, size_t *cap, size_t n, size_t size)
{
	if (n >= XATTR_CACHE_SETS_MAX)
		return E_LIMIT;
	return grow(array, size, n, cap) ? 0 : -ENOMEM;
}

/* --- ACLs -------------------------------------------------------------------------------------------- */

struct learner {
	xattr_cache_learn *learn;
	void *arg;
	struct posix_acl *acl;
};

static int
take_named(void *arg, const struct acl_named *n)
{
	struct learner *l = arg;

	l->acl->named[l->acl->n_named++] = (struct posix_acl_named){ n->id, n->perms, n->is_user };
	return n->name == NULL ? 0 : l->learn(l->arg, n->is_user, n->id, n->name);
}

/* A literal: first how many, then the entries themselves. */
static int
take_literal(struct xattr_cache *k, struct cursor *c, xattr_cache_learn *learn, void *arg, struct posix_acl *ret)
{
	struct acl_wire w;
	struct learner l = { learn, arg, ret };
	int r = acl_get(c, &w);

	if (r == 0 && w.n_named > POSIX_ACL_NAMED_MAX)
		r = E_LIMIT;
	if (r == 0)
		r = account(k, sizeof *ret + w.n_named * sizeof *ret->named);
	*ret = (struct posix_acl){ w.user_obj, w.group_obj, w.mask, w.other, NULL, 0 };
	if (r == 0 && w.n_named > 0 && (ret->named = calloc(w.n_named, sizeof *ret->named)) == NULL)
		r = -ENOMEM;
	if (r == 0)
		r = acl_named_get(c, w.n_named, take_named, &l);
	if (r != 0)
		posix_acl_done(ret);
	return r;
}

int
xattr_cache_acl(struct xattr_cache *k, int kind, struct cursor *c, xattr_cache_learn *learn, void *arg, int32_t *ret)
{
	struct posix_acl acl;
	size_t before = k->list_bytes;
	int r = attr_ref_get(c, k->n_acls[kind], ret);

	if (r != 0 || *ret >= 0)
		return r;
	if ((r = make_room(&k->acls[kind], &k->cap_acls[kind], k->n_acls[kind], sizeof acl)) != 0)
		return r;
	if ((r = take_literal(k, c, learn, arg, &acl)) != 0) {
		k->list_bytes = before;
		return r;
	}
	*ret = (int32_t)k->n_acls[kind];
	k->acls[kind][k->n_acls[kind]++] = acl;
	return 0;
}

/* --- attributes ---------------------------------------------------------------------------------------- */

int
xattr_cache_set(struct xattr_cache *k, struct cursor *c, int32_t *ret)
{
	int32_t n;
	int r = attr_ref_get(c, k->n_sets, ret);

	if (r != 0 || *ret >= 0)
		return r;
	n = get_varint(c);
	if (c->err == 0 && (n < 0 || n > COUNT_MAX))
		cur_fail(c, E_LIMIT);
	if ((r = c->err) != 0 || (r = make_room(&k->sets, &k->cap_sets, k->n_sets, sizeof *k->sets)) != 0 ||
	    (r = account(k, sizeof *k->sets)) != 0)
		return r;
	*ret = (int32_t)k->n_sets;
	k->sets[k->n_sets++] = (struct xattr_list){ .want = (uint32_t)n };
	return 0;
}

bool
xattr_cache_open(const struct xattr_cache *k)
{
	return k->n_sets > 0 && k->sets[k->n_sets - 1].n < k->sets[k->n_sets - 1].want;
}

/* The name, with its NUL, and what is sent of the value, both borrowed. */
static int
read_item(struct cursor *c, const char **ret_name, size_t *ret_len, const uint8_t **ret_bytes)
{
	int32_t name_len = get_varint(c), len = get_varint(c);
	const uint8_t *name;

	if (c->err == 0 && (name_len < 1 || name_len > NAME_MAX_BYTES || len < 0 || len > VALUE_WIRE_MAX))
		cur_fail(c, E_FORMAT);
	name = c->err == 0 ? cur_bytes(c, (size_t)name_len) : NULL;
	*ret_bytes = c->err == 0 ? cur_bytes(c, len > XATTR_INLINE_MAX ? XATTR_DIGEST : (size_t)len) : NULL;
	if (c->err == 0 && memchr(name, '\0', (size_t)name_len) != name + name_len - 1)
		cur_fail(c, E_FORMAT);
	*ret_name = (const char *)name;
	*ret_len = (size_t)len;
	return c->err;
}

int
xattr_cache_item(struct xattr_cache *k, struct cursor *c, xattr_cache_may *may, void *arg)
{
	struct xattr_list *set = &k->sets[k->n_sets - 1];
	struct xattr_value it = { .state = VALUE_HERE };
	const uint8_t *bytes;
	const char *name;
	int r = read_item(c, &name, &it.len, &bytes);

	if (r != 0 || (r = make_room(&set->v, &set->cap, set->n, sizeof it)) != 0 ||
	    (r = account(k, sizeof it + strlen(name) + XATTR_INLINE_MAX)) != 0)
		return r;
	if (it.len > XATTR_INLINE_MAX) {
		memcpy(it.digest, bytes, XATTR_DIGEST);
		it.state = VALUE_ABBREVIATED;
	} else if ((it.value = malloc(it.len + 1)) == NULL) {
		return -ENOMEM;
	} else {
		memcpy(it.value, bytes, it.len);
	}
	it.ours = may(arg, name);
	if ((it.name = strdup(name)) == NULL) {
		free(it.value);
		return -ENOMEM;
	}
	set->v[set->n++] = it;
	return 0;
}

/* --- values that were asked for -------------------------------------------------------------------------- */

struct xattr_value *
xattr_cache_asked(struct xattr_cache *k, int32_t set, uint32_t num, int32_t ndx)
{
	struct xattr_value *it;

	if (set < 0 || num < 1 || num > k->sets[set].n)
		return NULL;
	it = &k->sets[set].v[num - 1];
	return it->state == VALUE_ASKED && it->asked_by == ndx ? it : NULL;
}

bool
xattr_cache_due(const struct xattr_cache *k, int32_t set, int32_t ndx)
{
	for (uint32_t i = 0; set >= 0 && i < k->sets[set].n; i++)
		if (k->sets[set].v[i].state == VALUE_ASKED && k->sets[set].v[i].asked_by == ndx)
			return true;
	return false;
}

bool
xattr_cache_room(struct xattr_cache *k, struct xattr_value *it, size_t len)
{
	it->state = VALUE_LOST;
	if (len > XATTR_CACHE_VALUE_MAX || k->value_bytes + len > XATTR_CACHE_VALUES_MAX + XATTR_CACHE_VALUE_MAX ||
	    (it->value = malloc(len + 1)) == NULL)
		return false;
	k->value_bytes += len;
	it->len = len;
	it->state = VALUE_HERE;
	return true;
}

void
xattr_cache_trim(struct xattr_cache *k)
{
	if (k->value_bytes <= XATTR_CACHE_VALUES_MAX / 2)
		return;
	for (size_t i = 0; i < k->n_sets; i++)
		for (uint32_t n = 0; n < k->sets[i].n; n++) {
			struct xattr_value *it = &k->sets[i].v[n];

			if (it->state != VALUE_HERE || it->len <= XATTR_INLINE_MAX)
				continue;
			free(it->value);
			it->value = NULL;
			it->state = VALUE_LOST;
		}
	k->value_bytes = 0;
}
