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
