/* What a directory gives to what is made in it: a default ACL takes the place of the umask, and a set-group-ID bit goes on to
 * directories.  Asked once for each directory that is worked in. */
#include "syncd/push/dest.h"

#include <string.h>
#include <unistd.h>

#include "syncd/session/acls.h"

static mode_t
perms_of(const struct posix_acl *a)
{
	int group = a->mask != POSIX_ACL_ABSENT ? a->mask : a->group_obj;

	return (mode_t)((a->user_obj << 6 | group << 3 | a->other) & 0777);
}

/* The default ACL of dir ("" is the tree's own directory). */
static bool
default_acl(struct dest *d, const char *dir, mode_t *ret_perms)
{
	struct attr_of of = ATTR_OF_NONE;
	struct posix_acl acl;
	bool some;

	if (d->tree.fd < 0 || (of.fd = tree_open_dir(&d->tree, dir[0] == '\0' ? "." : dir)) < 0)
		return false;
	some = acls_load(&of, ACL_DEFAULT, &d->newmode.acl, &acl) == 0;
	close(of.fd);
	if (!some)
		return false;
	some = acl.user_obj != POSIX_ACL_ABSENT && acl.group_obj != POSIX_ACL_ABSENT && acl.other != POSIX_ACL_ABSENT;
	if (some)
		*ret_perms = perms_of(&acl);
	posix_acl_done(&acl);
	return some;
}

static const struct newmode *
asked(struct dest *d, const char *path)
{
	struct newmode *n = &d->newmode;
	const char *leaf = dest_leaf_of(path);
	size_t len = leaf == path ? 0 : (size_t)(leaf - path) - 1;

	if (n->known && strncmp(n->dir, path, len) == 0 && n->dir[len] == '\0')
		return n;
	dest_dir_of(path, n->dir);
	n->perms = 0777 & ~d->s->grant.mask;
	n->has_acl = default_acl(d, n->dir, &n->perms);
	n->known = true;
	return n;
}

mode_t
newmode_perms(struct dest *d, const char *path)
{
	return asked(d, path)->perms;
}

bool
newmode_by_acl(struct dest *d, const char *path)
{
	return asked(d, path)->has_acl;
}

void
newmode_forget(struct dest *d)
{
	d->newmode.known = false;
}
