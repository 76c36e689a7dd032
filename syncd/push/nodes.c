/* Symlinks, devices and special files of a push (rsync-wire 8.2; rsync(1) on --links, --devices, --specials,
 * --munge-links). */
#include "syncd/push/nodes.h"

#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "syncd/policy/symlink_safety.h"
#include "syncd/push/altdest.h"
#include "syncd/push/attr_apply.h"
#include "syncd/push/delete.h"
#include "syncd/push/item.h"
#include "syncd/push/push.h"
#include "syncd/push/report.h"
#include "syncd/push/xattr_recv.h"

bool
nodes_is_device(uint32_t mode)
{
	return S_ISCHR(mode) || S_ISBLK(mode);
}

/* The target as it is stored: marked so that it leads nowhere where the module wants that. */
static bool
stored_target(const struct session *s, const char *link, char *dst, size_t size)
{
	return (size_t)snprintf(dst, size, "%s%s", s->grant.munge ? SYMLINK_MUNGED : "", link) < size;
}

static int
not_made(struct session *s, struct push_job *j, int err)
{
	char shown[2 * NAME_BYTES_MAX + 2];

	if (!S_ISLNK(j->file->mode))
		report_failed(s, "generator", "mknod", &s->push->dest.tree, j->path, err);
	else
		session_tell(s, MSG_ERROR_XFER, "rsync: [generator] symlink \"%s\" (in %s) -> \"%s\" failed: %s (%d)\n",
		    report_shown(s, &s->push->dest.tree, j->path, shown, sizeof shown), s->grant.module, j->file->extra->link, strerror(-err), -err);
	return JOB_FAILED;
}

static int
finish_node(struct session *s, struct push_job *j, unsigned flags, int r)
{
	struct stat now;

	if (r != 0)
		return not_made(s, j, r);
	if (!options_pretend(&s->opt) && tree_lstat(&s->push->dest.tree, j->path, &now) == 0)
		(void)attr_apply(s, j, &now, true);
	item_report(s, j, flags, NULL);
	report_success(s, j->ndx);
	return JOB_DONE;
}

/* It is what it should be but perhaps for its attributes. */
int
nodes_same(struct session *s, struct push_job *j)
{
	unsigned flags = attr_differs(s, j, &j->st) | xattr_differ(s, j, &s->push->dest.tree, &j->st);

	if (flags != 0 || s->opt.checksum || s->opt.acls || s->opt.xattrs || s->grant.incoming != NULL)
		(void)attr_apply(s, j, &j->st, false);
	if ((flags & REPORT_ACL) && !options_pretend(&s->opt))	/* rsync has set the ACL, and the mode with it, when it looks */
		flags &= ~(unsigned)REPORT_PERMS;
	if (flags == 0)
		report_unchanged(s, j->path);
	else if (report_says(s, 2) && !report_itemises(s) && !options_pretend(&s->opt))
		session_show(s, "%s\n", j->path);
	item_report(s, j, flags, NULL);
	report_success(s, j->ndx);
	return JOB_DONE;
}

/* What differs from the one that stands in tree; its time does where nobody asked for the old one. */
static unsigned
changed(struct session *s, const struct push_job *j, struct tree *tree, const struct stat *st)
{
	return attr_differs(s, j, st) | xattr_differ(s, j, tree, st) |
	    (attr_keeps_time(s, j->file->mode) ? 0u : REPORT_TIME);
}

/* The same of a link or node that is made: from the one it replaces, or an alternate directory's of its kind. */
static unsigned
made(struct session *s, const struct push_job *j, bool replaces)
{
	struct stat st;
	int i;

	if (replaces)
		return changed(s, j, &s->push->dest.tree, &j->st);
	if (!j->exists && (i = dest_alt_find(&s->push->dest, j->path, j->file->mode, &st)) >= 0)
		return changed(s, j, &s->push->dest.alt[i], &st);
	return ITEM_IS_NEW | xattr_of_new(s, j->file);
}

int
nodes_symlink(struct session *s, struct push_job *j)
{
	const char *link = j->file->extra == NULL ? NULL : j->file->extra->link;
	char want[NAME_BYTES_MAX + sizeof SYMLINK_MUNGED], has[sizeof want];
	unsigned flags = ITEM_LOCAL_CHANGE | REPORT_CHANGE;
	bool was_link = j->exists && S_ISLNK(j->st.st_mode);
	int r = 0;

	if (link == NULL || !stored_target(s, link, want, sizeof want))
		return JOB_FAILED;
	if (s->opt.safe_links && symlink_unsafe(link, j->file->dir)) {
		if (report_says(s, 1))
			session_tell(s, MSG_INFO, "ignoring unsafe symlink \"%s\" -> \"%s\"\n", j->path, link);
		return JOB_FAILED;
	}
	/* a real link has no room for an owner (fake super): it is made anew, as rsync does */
	if (was_link && !(s->root.fake && tree_is_real_link(&s->push->dest.tree, j->path)) &&
	    tree_readlink(&s->push->dest.tree, j->path, has, sizeof has) >= 0 && strcmp(has, want) == 0)
		return nodes_same(s, j);
	if (!j->exists && s->opt.n_alt > 0 && (r = altdest_node(s, j, want, 0)) != 0)
		return r;
	flags |= made(s, j, was_link);
	if (j->exists && (!was_link || s->opt.backup) && delete_in_the_way(s, j) != 0)
		return JOB_FAILED;
	if (!options_pretend(&s->opt))
		r = tree_symlink(&s->push->dest.tree, want, j->path, j->exists);
	return finish_node(s, j, flags, r);
}

int
nodes_special(struct session *s, struct push_job *j)
{
	const struct flist_extra *x = j->file->extra;
	dev_t dev = nodes_is_device(j->file->mode) && x != NULL ? makedev(x->rdev_major, x->rdev_minor) : 0;
	unsigned flags = ITEM_LOCAL_CHANGE | REPORT_CHANGE;
	bool same_kind = j->exists && (j->st.st_mode & S_IFMT) == (j->file->mode & S_IFMT);
	int r = 0;

	if (same_kind && (!nodes_is_device(j->file->mode) || j->st.st_rdev == dev))
		return nodes_same(s, j);
	if (!j->exists && s->opt.n_alt > 0 && (r = altdest_node(s, j, NULL, dev)) != 0)
		return r;
	flags |= made(s, j, same_kind);
	if (j->exists && (!same_kind || s->opt.backup) && delete_in_the_way(s, j) != 0)
		return JOB_FAILED;
	if (!options_pretend(&s->opt))
		r = tree_mknod(&s->push->dest.tree, j->path, (j->file->mode & S_IFMT) | (attr_mode(s, j, NULL) & 0777), dev, j->exists);
	return finish_node(s, j, flags, r);
}
