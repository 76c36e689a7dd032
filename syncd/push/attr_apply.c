/* Mode, owner, group and times of a push: what differs, and what an entry gets (rsync-wire 8.2, 8.4). */
#include "syncd/push/attr_apply.h"

#include <string.h>
#include <sys/stat.h>

#include "syncd/fs/meta.h"
#include "syncd/push/push.h"
#include "syncd/push/report.h"
#include "syncd/push/xattr_recv.h"

enum { MODE_BITS = 07777 };

/* The group may be set by root to any, by others to one they are in. */
static bool
may_set_group(const struct session *s, gid_t gid)
{
	if (session_is_root(s) || gid == s->grant.gid)
		return true;
	for (size_t i = 0; i < s->grant.n_supplementary_gids; i++)
		if (s->grant.supplementary_gids[i] == gid)
			return true;
	return false;
}

bool
attr_same_time(const struct session *s, const struct flist_file *f, const struct stat *st)
{
	int64_t window = s->opt.modify_window, apart = f->mtime - st->st_mtim.tv_sec;

	if (window < 0)
		return apart == 0 && f->nsec == (uint32_t)st->st_mtim.tv_nsec;
	return apart <= window && -apart <= window;
}

bool
attr_keeps_time(const struct session *s, uint32_t mode)
{
	if (!s->opt.times)
		return false;
	if (S_ISDIR(mode))	/* backups beside the files would change them again */
		return !s->opt.omit_dir_times && !(s->opt.backup && s->opt.backup_dir == NULL);
	return !S_ISLNK(mode) || !s->opt.omit_link_times;
}

/* -E: executable for those who may read, or for nobody. */
static mode_t
with_executability(mode_t now, mode_t wanted)
{
	if (!(wanted & 0111))
		return now & ~(mode_t)0111;
	return now & 0111 ? now : now | (now & 0444) >> 2;
}

static mode_t
by_module(struct session *s, const struct flist_file *f, mode_t mode)
{
	return s->grant.incoming == NULL ? mode : chmod_apply(s->grant.incoming, mode, S_ISDIR(f->mode), s->grant.mask);
}

mode_t
attr_mode(struct session *s, const struct push_job *j, const struct stat *st)
{
	const struct flist_file *f = j->file;
	mode_t wanted = f->mode & MODE_BITS, mode;
	const mode_t must = S_ISDIR(f->mode) && !session_is_root(s) ? 0700 : 0;	/* we shall work in it, whatever a default ACL says */

	if (s->opt.perms)
		mode = wanted;
	else if (st != NULL)
		mode = s->opt.executability && S_ISREG(f->mode) ? with_executability(st->st_mode & MODE_BITS, wanted) :
		    st->st_mode & MODE_BITS;
	else
		mode = wanted & (newmode_perms(&s->push->dest, j->path) | must);
	return by_module(s, f, mode);
}

/* Does the mode differ from what the client asked for?  What "incoming chmod" makes of one that nobody sent is done unsaid. */
static bool
mode_differs(struct session *s, const struct push_job *j, const struct stat *st)
{
	const mode_t now = st->st_mode & MODE_BITS;

	if (s->opt.perms)
		return !S_ISLNK(j->file->mode) && attr_mode(s, j, st) != now;
	return s->opt.executability && S_ISREG(j->file->mode) &&
	    with_executability(now, by_module(s, j->file, j->file->mode & MODE_BITS)) != now;
}

unsigned
attr_differs(struct session *s, const struct push_job *j, const struct stat *st)
{
	const struct flist_file *f = j->file;
	unsigned flags = 0;

	if (S_ISREG(f->mode) && st->st_size != f->size)
		flags |= REPORT_SIZE;
	if (attr_keeps_time(s, f->mode) && !attr_same_time(s, f, st))
		flags |= REPORT_TIME;
	if (s->opt.atimes && f->extra != NULL && !S_ISDIR(f->mode) && f->extra->atime != st->st_atim.tv_sec)
		flags |= REPORT_ATIME;
	if (mode_differs(s, j, st))
		flags |= REPORT_PERMS;
	if (s->opt.owner && session_is_root(s) && ids_here(&s->push->uid_map, f->uid) != st->st_uid)
		flags |= REPORT_OWNER;
	if (s->opt.group && ids_here(&s->push->gid_map, f->gid) != st->st_gid &&
	    may_set_group(s, ids_here(&s->push->gid_map, f->gid)))
		flags |= REPORT_GROUP;
	return flags;
}

mode_t
attr_inherited_bits(const struct session *s, const struct flist_file *f, const struct stat *made)
{
	return made != NULL && S_ISDIR(f->mode) && !s->opt.perms ? made->st_mode & S_ISGID : 0;
}

static int
apply_meta(struct session *s, const struct push_job *j, const struct stat *now, bool is_new)
{
	const struct flist_file *f = j->file;
	unsigned differs = attr_differs(s, j, now);
	struct meta m = { .fake = s->root.fake, .set_uid = (differs & REPORT_OWNER) != 0, .set_gid = (differs & REPORT_GROUP) != 0,
	    .set_mtime = (differs & REPORT_TIME) != 0, .set_atime = (differs & REPORT_ATIME) != 0 };
	struct at_path at = { -1, "" };
	const char *what = "";
	int r;

	if (!S_ISLNK(f->mode)) {	/* what is new has no mode of its own that could be kept */
		m.mode = attr_mode(s, j, is_new ? NULL : now) | attr_inherited_bits(s, f, is_new ? now : NULL);
		m.set_mode = m.mode != (now->st_mode & MODE_BITS) || ((m.set_uid || m.set_gid) && (m.mode & 06000));
	}
	/* what is new, or was compared by its contents, gets the fractions too */
	if (attr_keeps_time(s, f->mode) && (is_new || (s->opt.checksum && S_ISREG(f->mode))) &&
	    (f->nsec != (uint32_t)now->st_mtim.tv_nsec || f->mtime != now->st_mtim.tv_sec))
		m.set_mtime = true;
	if (!m.set_uid && !m.set_gid && !m.set_mode && !m.set_mtime && !m.set_atime)
		return 0;
	m.uid = ids_here(&s->push->uid_map, f->uid);
	m.gid = ids_here(&s->push->gid_map, f->gid);
	m.mtime = (struct timespec){ f->mtime, f->nsec };
	m.atime = (struct timespec){ f->extra == NULL ? 0 : f->extra->atime, 0 };
	if ((r = tree_at_path(&s->push->dest.tree, j->path, &at)) == 0)
		r = meta_set(-1, &at, &m, &what);
	if (r != 0)
		report_unset(s, "generator", what, &s->push->dest.tree, j->path, r);
	return r;
}

int
attr_apply(struct session *s, const struct push_job *j, const struct stat *now, bool is_new)
{
	const struct flist_file *f = j->file;
	struct attr_of of, elsewhere;
	int r, acl = 0, set = 0;
	bool has;

	if (options_pretend(&s->opt))
		return 0;
	if ((has = xattr_open(s, j, &of))) {
		elsewhere = is_new ? xattr_elsewhere(s, j) : ATTR_OF_NONE;
		set = xattr_set(s, f, &of, &elsewhere, false);	/* before a mode that forbids it */
		xattr_close(&elsewhere);
	}
	r = apply_meta(s, j, now, is_new);
	if (has)
		acl = xattr_set_acls(s, f, &of);
	xattr_close(&of);
	if (set != 0)
		report_failed(s, "generator", "lsetxattr", &s->push->dest.tree, j->path, set);
	if (acl != 0)
		report_failed(s, "generator", "set_acl", &s->push->dest.tree, j->path, acl);
	return r != 0 ? r : set != 0 ? set : acl;
}

mode_t
attr_first_mode(struct session *s, const struct push_job *j, mode_t old)
{
	const struct flist_file *f = j->file;
	const struct stat st = { .st_mode = old };
	mode_t mode = attr_mode(s, j, old == 0 ? NULL : &st);
	bool stays = (!s->opt.owner || !session_is_root(s) || ids_here(&s->push->uid_map, f->uid) == s->grant.uid) &&
	    (!s->opt.group || ids_here(&s->push->gid_map, f->gid) == s->grant.gid);

	return stays && !s->root.fake && (mode & 0600) == 0600 && !(mode & 07000) ? mode : 0600 | (mode & 0700);
}

bool
attr_needs_state(struct session *s, const char *path, bool in_place)
{
	if (in_place || s->root.fake || s->opt.group > 0 || s->opt.acls > 0)	/* a directory may give its group to what is made in it */
		return true;
	return s->push->dest.temp.fd >= 0 || newmode_by_acl(&s->push->dest, path);
}

void
attr_received(struct session *s, const struct push_job *j, int fd, const struct stat *st, mode_t old_mode)
{
	const struct flist_file *f = j->file;
	const struct stat old = { .st_mode = old_mode };
	uid_t uid = ids_here(&s->push->uid_map, f->uid);
	gid_t gid = ids_here(&s->push->gid_map, f->gid);
	struct meta m = { .fake = s->root.fake, .uid = uid, .gid = gid,
	    .mode = attr_mode(s, j, old_mode != 0 ? &old : NULL), .mtime = { f->mtime, f->nsec },
	    .set_uid = s->opt.owner && session_is_root(s) && uid != st->st_uid,
	    .set_gid = s->opt.group && gid != st->st_gid && may_set_group(s, gid), .set_mtime = s->opt.times > 0,
	    .set_atime = s->opt.atimes && f->extra != NULL, .atime = { f->extra == NULL ? 0 : f->extra->atime, 0 } };
	const struct attr_of of = xattr_of_fd(s, fd);
	struct attr_of was;
	const char *what;
	int r;

	if (!j->exists)
		was = xattr_elsewhere(s, j);
	else
		(void)xattr_open(s, j, &was);
	if ((r = xattr_set(s, f, &of, &was, true)) != 0)
		report_failed(s, "receiver", "lsetxattr", &s->push->dest.tree, j->path, r);
	xattr_close(&was);
	m.set_mode = m.mode != (st->st_mode & MODE_BITS) || ((m.set_uid || m.set_gid) && (m.mode & 06000));
	if ((r = meta_set(fd, NULL, &m, &what)) != 0)
		report_unset(s, "receiver", what, &s->push->dest.tree, j->path, r);
	if ((r = xattr_set_acls(s, f, &of)) != 0)
		report_failed(s, "receiver", "set_acl", &s->push->dest.tree, j->path, r);
}
