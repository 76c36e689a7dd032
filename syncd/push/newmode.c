/* What a directory gives to what is made in it: a default ACL takes the place of the umask, and a set-group-ID bit goes on to
 * directories.  Asked once for each directory that is worked in. */
#include "syncd/push/dest.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "syncd/session/acls.h"

static mode_t
perms_of(const struct posix_acl *a)
{
	int group = a->mask != POSIX_ACL_ABSENT ? a->mask : a->group_obj;

	return (mode_t)((a->user_obj << 6 | group << 3 | a->other) & 0777);
}

/* Of the directories above what is at DIR of T ("": T's own), DIR included, the lowest that is there: a default ACL goes on to all
 * that are made below it.  A descriptor, or -errno. */
static int
open_lowest(struct tree *t, const char *dir)
{
	char path[TREE_PATH_SIZE];
	char *slash;
	int fd;

	if ((size_t)snprintf(path, sizeof path, "%s", dir) >= sizeof path)
		return -ENAMETOOLONG;
	while ((fd = tree_open_dir(t, path[0] == '\0' ? "." : path)) == -ENOENT && path[0] != '\0') {
		slash = strrchr(path, '/');
		*(slash != NULL ? slash : path) = '\0';
	}
	return fd;
}

/* Has what is made in DIR its mode from a default ACL?  Then into *RET_PERMS. */
static bool
default_acl(struct dest *d, struct tree *t, const char *dir, mode_t *ret_perms)
{
	struct attr_of of = ATTR_OF_NONE;
	struct posix_acl acl;
	bool some;

	if (t->fd < 0 || (of.fd = open_lowest(t, dir)) < 0)
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
	n->has_acl = default_acl(d, &d->tree, n->dir, &n->perms);
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

/* The mode for directories that are made in the tree on the way to path and at it. */
static mode_t
dirs_mode(struct dest *d, struct tree *t, const char *path)
{
	mode_t perms = 0777 & ~d->s->grant.mask;

	(void)default_acl(d, t, path, &perms);
	return perms;
}

/* Make the directories above a path below the module's root, and path itself if whole.  Links are followed, as
 * the administrator's own.  How many were made above it, or -errno. */
int
dest_make_below_root(struct dest *d, const char *path, bool above, bool whole)
{
	struct tree top = TREE_INIT;
	mode_t mode;
	int r = tree_open(&top, d->root, ""), made = 0;

	top.links = true;
	mode = dirs_mode(d, &top, path);
	if (r == 0 && above && (r = tree_mkparents(&top, path, mode, NULL, NULL)) > 0)
		made = r;
	if (r >= 0 && whole)
		r = tree_mkdir(&top, path, mode);
	tree_done(&top);
	return r < 0 ? r : made;
}
