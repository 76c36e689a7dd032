/* ACLs and extended attributes as list entries carry them, and requests for long values (rsync-wire 5.14, 5.15). */
#include "syncd/wire/attr.h"

#include <string.h>

#include "lib/err.h"
#include "syncd/wire/int.h"

enum { A_USER_OBJ = 0x01, A_GROUP_OBJ = 0x02, A_MASK = 0x04, A_OTHER = 0x08, A_NAMED = 0x10 };
enum { N_NAME_FOLLOWS = 1, N_IS_USER = 2 };

void
attr_ref_put(struct buf *b, uint32_t index)
{
	put_varint(b, (int32_t)index + 1);
}

static void
named_put(struct buf *b, const struct acl_named *n)
{
	size_t len = n->name == NULL ? 0 : strlen(n->name);

	len = len > 255 ? 255 : len;
	put_varint(b, (int32_t)n->id);
	put_varint(b, n->perms << 2 | (n->name != NULL ? N_NAME_FOLLOWS : 0) | (n->is_user ? N_IS_USER : 0));
	if (n->name == NULL)
		return;
	buf_u8(b, (uint8_t)len);
	buf_put(b, n->name, len);
}

void
acl_put(struct buf *b, const struct acl_wire *a)
{
	const struct { int perms, flag; } four[] = {
		{ a->user_obj, A_USER_OBJ }, { a->group_obj, A_GROUP_OBJ }, { a->mask, A_MASK }, { a->other, A_OTHER },
	};
	int flags = a->n_named > 0 ? A_NAMED : 0;

	for (size_t i = 0; i < ARRAY_LEN(four); i++)
		flags |= four[i].perms != ACL_ABSENT ? four[i].flag : 0;
	put_varint(b, 0);
	buf_u8(b, (uint8_t)flags);
	for (size_t i = 0; i < ARRAY_LEN(four); i++)
		if (four[i].perms != ACL_ABSENT)
			put_varint(b, four[i].perms);
	if (a->n_named == 0)
		return;
	put_varint(b, (int32_t)a->n_named);
	for (size_t i = 0; i < a->n_named; i++)
		named_put(b, &a->named[i]);
}

int
attr_ref_get(struct cursor *c, size_t known, int32_t *ret)
{
	int32_t n = get_varint(c);

	if (c->err == 0 && (n < 0 || (size_t)n > known))
		cur_fail(c, E_FORMAT);
	*ret = c->err == 0 ? n - 1 : -1;	/* of the least number there is one cannot be taken */
	return c->err;
}

static int
perms_get(struct cursor *c, bool there)
{
	int32_t perms = there ? get_varint(c) : ACL_ABSENT;

	if (c->err == 0 && there && (perms < 0 || perms > 7))
		cur_fail(c, E_FORMAT);
	return perms;
}

int
acl_get(struct cursor *c, struct acl_wire *ret)
{
	unsigned flags = cur_u8(c);
	int32_t n;

	if (flags & ~(unsigned)(A_USER_OBJ | A_GROUP_OBJ | A_MASK | A_OTHER | A_NAMED))
		cur_fail(c, E_FORMAT);
	*ret = (struct acl_wire){ .named = NULL };
	ret->user_obj = perms_get(c, (flags & A_USER_OBJ) != 0);
	ret->group_obj = perms_get(c, (flags & A_GROUP_OBJ) != 0);
	ret->mask = perms_get(c, (flags & A_MASK) != 0);
	ret->other = perms_get(c, (flags & A_OTHER) != 0);
	n = flags & A_NAMED ? get_varint(c) : 0;
	if (c->err == 0 && (n < 0 || n > ACL_NAMED_MAX))
		cur_fail(c, E_LIMIT);
	ret->n_named = c->err == 0 ? (size_t)n : 0;
	return c->err;
}

int
acl_named_get(struct cursor *c, size_t n, int (*take)(void *arg, const struct acl_named *), void *arg)
{
	char name[256];
	int r = 0;

	for (size_t i = 0; i < n && r == 0 && c->err == 0; i++) {
		uint32_t id = (uint32_t)get_varint(c);
		int32_t access = get_varint(c);
		size_t len = access & N_NAME_FOLLOWS ? cur_u8(c) : 0;
		const uint8_t *p = cur_bytes(c, len);

		if (c->err == 0 && (access < 0 || access >> 2 > 7 || memchr(p, '\0', len) != NULL))
			cur_fail(c, E_FORMAT);
		if (c->err != 0)
			break;
		memcpy(name, p, len);
		name[len] = '\0';
		r = take(arg, &(struct acl_named){ id, (uint8_t)(access >> 2), (access & N_IS_USER) != 0,
		    access & N_NAME_FOLLOWS ? name : NULL });
	}
	return c->err != 0 ? c->err : r;
}

void
xattr_put(struct buf *b, const struct xattr_item *items, size_t n)
{
	put_varint(b, 0);
	put_varint(b, (int32_t)n);
	for (size_t i = 0; i < n; i++) {
		put_varint(b, (int32_t)strlen(items[i].name) + 1);
		put_varint(b, (int32_t)items[i].len);
		buf_put(b, items[i].name, strlen(items[i].name) + 1);
		if (items[i].len > XATTR_INLINE_MAX)
			buf_put(b, items[i].digest, XATTR_DIGEST);
		else
			buf_put(b, items[i].value, items[i].len);
	}
}

int
xattr_request_get(struct cursor *c, uint32_t *nums, size_t max, size_t *ret_n)
{
	uint32_t num = 0;
	int32_t step;
	size_t n = 0;

	while ((step = get_varint(c)) != 0 && c->err == 0) {
		if (step < 0 || n >= max || __builtin_add_overflow(num, (uint32_t)step, &num))
			return cur_fail(c, E_LIMIT);
		nums[n++] = num;
	}
	*ret_n = n;
	return c->err;
}

void
xattr_answer_put(struct buf *b, uint32_t num_step, const uint8_t *value, size_t len)
{
	put_varint(b, (int32_t)num_step);
	put_varint(b, (int32_t)len);
	buf_put(b, value, len);
}

void
xattr_answer_end_put(struct buf *b)
{
	buf_u8(b, 0);
}
