/* The ACLs of one object are read, set and removed, as the kernel or "fake super" keeps them. */
#include "syncd/session/acls.h"

static const char *
attr_of_kind(const struct attr_of *of, enum acl_kind kind)
{
	if (of->fake)
		return kind == ACL_ACCESS ? ATTR_FAKE_ACL : ATTR_FAKE_DEFAULT_ACL;
	return kind == ACL_ACCESS ? "system.posix_acl_access" : "system.posix_acl_default";
}

int
acls_load(const struct attr_of *of, enum acl_kind kind, struct buf *scratch, struct posix_acl *ret)
{
	const struct posix_acl none = { POSIX_ACL_ABSENT, POSIX_ACL_ABSENT, POSIX_ACL_ABSENT, POSIX_ACL_ABSENT, NULL, 0 };
	int r;

	*ret = none;
	if (attr_value(of, attr_of_kind(of, kind), scratch) != 0 || buf_len(scratch) == 0)
		return 0;
	r = of->fake ? posix_acl_parse_kept(buf_head(scratch), buf_len(scratch), ret) :
	    posix_acl_parse(buf_head(scratch), buf_len(scratch), ret);
	if (r != 0)
		*ret = none;
	posix_acl_sort(ret);
	return r;
}

int
acls_store(const struct attr_of *of, enum acl_kind kind, struct buf *scratch, const struct posix_acl *acl)
{
	buf_clear(scratch);
	if (of->fake)
		posix_acl_put_kept(scratch, acl);
	else
		posix_acl_put(scratch, acl);
	return scratch->err != 0 ? scratch->err : attr_set(of, attr_of_kind(of, kind), buf_head(scratch), buf_len(scratch));
}

int
acls_remove(const struct attr_of *of, enum acl_kind kind)
{
	return attr_remove(of, attr_of_kind(of, kind));
}

int
acls_copy(const struct attr_of *from, const struct attr_of *to, struct buf *scratch)
{
	if (attr_value(from, attr_of_kind(from, ACL_ACCESS), scratch) != 0)
		return 0;
	return attr_set(to, attr_of_kind(to, ACL_ACCESS), buf_head(scratch), buf_len(scratch));
}
