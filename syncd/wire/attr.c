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
