/* A POSIX ACL as the kernel stores it (acl(5)), decoded, sorted, stripped of what the mode says, and encoded. */
#include "syncd/policy/posix_acl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cursor.h"
#include "lib/err.h"

enum { VERSION = 2, ENTRY_SIZE = 8 };
enum { TAG_USER_OBJ = 1, TAG_USER = 2, TAG_GROUP_OBJ = 4, TAG_GROUP = 8, TAG_MASK = 0x10, TAG_OTHER = 0x20 };

static int
take_entry(struct cursor *c, struct posix_acl *a)
{
	unsigned tag = cur_le16(c), perms = cur_le16(c) & 7;
	uint32_t id = cur_le32(c);

	switch (tag) {
	case TAG_USER_OBJ: a->user_obj = (int)perms; return 0;
	case TAG_GROUP_OBJ: a->group_obj = (int)perms; return 0;
	case TAG_MASK: a->mask = (int)perms; return 0;
	case TAG_OTHER: a->other = (int)perms; return 0;
	case TAG_USER:
	case TAG_GROUP:
		a->named[a->n_named++] = (struct posix_acl_named){ id, (uint8_t)perms, tag == TAG_USER };
		return 0;
	default:
		return E_FORMAT;
	}
}

int
posix_acl_parse(const uint8_t *value, size_t n, struct posix_acl *ret)
{
	struct cursor c = cur_of(value, n);
	struct posix_acl a = { POSIX_ACL_ABSENT, POSIX_ACL_ABSENT, POSIX_ACL_ABSENT, POSIX_ACL_ABSENT, NULL, 0 };
	size_t entries = n < 4 ? 0 : (n - 4) / ENTRY_SIZE;
	int r = 0;

	if (cur_le32(&c) != VERSION || c.err != 0 || cur_left(&c) % ENTRY_SIZE != 0)
		return E_FORMAT;
	if (entries > POSIX_ACL_NAMED_MAX)
		return E_LIMIT;
	if ((a.named = calloc(entries + 1, sizeof *a.named)) == NULL)
		return -ENOMEM;
	while (r == 0 && cur_left(&c) > 0)
		r = take_entry(&c, &a);
	if (r != 0)
		free(a.named);
	else
		*ret = a;
	return r;
}

enum { KEPT_ABSENT = 0x80, KEPT_HEAD = 16 };
#define KEPT_USER 0x80000000u

int
posix_acl_parse_kept(const uint8_t *value, size_t n, struct posix_acl *ret)
{
	struct cursor c = cur_of(value, n);
	struct posix_acl a = { .n_named = 0 };
	int *const base[] = { &a.user_obj, &a.group_obj, &a.mask, &a.other };

	if (n < KEPT_HEAD || (n - KEPT_HEAD) % ENTRY_SIZE != 0)
		return E_FORMAT;
	if ((n - KEPT_HEAD) / ENTRY_SIZE > POSIX_ACL_NAMED_MAX)
		return E_LIMIT;
	for (size_t i = 0; i < ARRAY_LEN(base); i++) {
		uint32_t perms = cur_le32(&c);

		if (perms > 7 && perms != KEPT_ABSENT)
			return E_FORMAT;
		*base[i] = perms == KEPT_ABSENT ? POSIX_ACL_ABSENT : (int)perms;
	}
	if ((a.named = calloc((n - KEPT_HEAD) / ENTRY_SIZE + 1, sizeof *a.named)) == NULL)
		return -ENOMEM;
	while (cur_left(&c) > 0) {
		uint32_t id = cur_le32(&c), access = cur_le32(&c);

		a.named[a.n_named++] = (struct posix_acl_named){ id, access & 7, (access & KEPT_USER) != 0 };
	}
	*ret = a;
	return 0;
}

void
posix_acl_put_kept(struct buf *b, const struct posix_acl *a)
{
	const int base[] = { a->user_obj, a->group_obj, a->mask, a->other };

	for (size_t i = 0; i < ARRAY_LEN(base); i++)
		buf_le32(b, base[i] == POSIX_ACL_ABSENT ? KEPT_ABSENT : (uint32_t)base[i]);
	for (size_t i = 0; i < a->n_named; i++) {
		buf_le32(b, a->named[i].id);
		buf_le32(b, a->named[i].perms | (a->named[i].is_user ? KEPT_USER : 0));
	}
}

void
posix_acl_done(struct posix_acl *a)
{
	free(a->named);
	a->named = NULL;
	a->n_named = 0;
}

void
posix_acl_strip(struct posix_acl *a, uint32_t mode)
{
	int group = (int)(mode >> 3 & 7);

	a->user_obj = a->other = POSIX_ACL_ABSENT;
	if (a->mask == POSIX_ACL_ABSENT || a->group_obj == group)
		a->group_obj = POSIX_ACL_ABSENT;
	if (a->n_named > 0 && a->mask == group)
		a->mask = POSIX_ACL_ABSENT;
}

void
posix_acl_complete(struct posix_acl *a, uint32_t mode)
{
	int group = (int)(mode >> 3 & 7);

	a->user_obj = (int)(mode >> 6 & 7);
	a->other = (int)(mode & 7);
	if (a->n_named > 0 && a->mask == POSIX_ACL_ABSENT)
		a->mask = group;
	if (a->group_obj == POSIX_ACL_ABSENT)
		a->group_obj = group;
}

bool
posix_acl_extended(const struct posix_acl *a)
{
	return a->n_named > 0 || a->mask != POSIX_ACL_ABSENT;
}

static int
by_kind_and_id(const void *x, const void *y)
{
	const struct posix_acl_named *a = x, *b = y;

	if (a->is_user != b->is_user)
		return a->is_user ? -1 : 1;
	return a->id < b->id ? -1 : a->id > b->id;
}

void
posix_acl_sort(struct posix_acl *a)
{
	if (a->n_named > 1)
		qsort(a->named, a->n_named, sizeof *a->named, by_kind_and_id);
}

bool
posix_acl_same(const struct posix_acl *a, const struct posix_acl *b)
{
	if (a->user_obj != b->user_obj || a->group_obj != b->group_obj || a->mask != b->mask || a->other != b->other ||
	    a->n_named != b->n_named)
		return false;
	for (size_t i = 0; i < a->n_named; i++)
		if (by_kind_and_id(&a->named[i], &b->named[i]) != 0 || a->named[i].perms != b->named[i].perms)
			return false;
	return true;
}

static void
put_entry(struct buf *b, unsigned tag, int perms, uint32_t id)
{
	if (perms == POSIX_ACL_ABSENT)
		return;
	buf_le16(b, (uint16_t)tag);
	buf_le16(b, (uint16_t)perms);
	buf_le32(b, id);
}

static void
put_named(struct buf *b, const struct posix_acl *a, bool users)
{
	for (size_t i = 0; i < a->n_named; i++)
		if ((a->named[i].is_user != 0) == users)
			put_entry(b, users ? TAG_USER : TAG_GROUP, a->named[i].perms, a->named[i].id);
}

void
posix_acl_put(struct buf *b, const struct posix_acl *a)
{
	buf_le32(b, VERSION);
	put_entry(b, TAG_USER_OBJ, a->user_obj, UINT32_MAX);
	put_named(b, a, true);
	put_entry(b, TAG_GROUP_OBJ, a->group_obj, UINT32_MAX);
	put_named(b, a, false);
	put_entry(b, TAG_MASK, a->mask, UINT32_MAX);
	put_entry(b, TAG_OTHER, a->other, UINT32_MAX);
}
