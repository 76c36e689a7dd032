/* Attributes: what differs, what an entry gets (rsync-wire 8.2, 8.4). */
#include "syncd/push/intake.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"

enum { MODE_BITS = 07777 };

/* The group may be set by root to any, by others to one they are in. */
static bool
may_set_group(const struct session *s, gid_t gid)
{
	if (s->push->is_root || gid == s->grant.gid)
		return true;
	for (size_t i = 0; i < s->grant.n_groups; i++)
		if (s->grant.groups[i] == gid)
			return true;
	return false;
}

bool
settle_same_time(const struct session *s, const struct in_file *f, const struct stat *st)
{
	int64_t window = s->opt.modify_window, apart = f->mtime - st->st_mtim.tv_sec;

	if (window < 0)
		return apart == 0 && f->nsec == (uint32_t)st->st_mtim.tv_nsec;
	return apart <= window && -apart <= window;
}

bool
settle_keeps_time(const struct session *s, uint32_t mode)
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

mode_t
settle_mode(struct session *s, const struct in_file *f, const struct stat *st)
{
	mode_t wanted = f->mode & MODE_BITS, mode;
	const mode_t must = S_ISDIR(f->mode) && !s->push->is_root ? 0700 : 0;	/* we shall work in it, whatever a default ACL says */
	char path[NAME_BYTES_MAX];

	if (s->opt.perms)
		mode = wanted;
	else if (st != NULL)
		mode = s->opt.executability && S_ISREG(f->mode) ? with_executability(st->st_mode & MODE_BITS, wanted) :
		    st->st_mode & MODE_BITS;
	else
		mode = wanted & (newmode_perms(s, dest_path(s, f, path)) | must);
	return s->grant.incoming == NULL ? mode : chmod_apply(s->grant.incoming, mode, S_ISDIR(f->mode), s->grant.mask);
}

unsigned
settle_differs(struct session *s, const struct in_file *f, const struct stat *st)
{
	unsigned flags = 0;

	if (S_ISREG(f->mode) && st->st_size != f->size)
		flags |= REPORT_SIZE;
	if (settle_keeps_time(s, f->mode) && !settle_same_time(s, f, st))
		flags |= REPORT_TIME;
	if (s->opt.atimes && f->extra != NULL && !S_ISDIR(f->mode) && f->extra->atime != st->st_atim.tv_sec)
		flags |= REPORT_ATIME;
	if (!S_ISLNK(f->mode) && settle_mode(s, f, st) != (st->st_mode & MODE_BITS))
		flags |= REPORT_PERMS;
	if (s->opt.owner && s->push->is_root && ids_here(&s->push->users, f->uid) != st->st_uid)
		flags |= REPORT_OWNER;
	if (s->opt.group && ids_here(&s->push->groups_map, f->gid) != st->st_gid &&
	    may_set_group(s, ids_here(&s->push->groups_map, f->gid)))
		flags |= REPORT_GROUP;
	return flags;
}

static int
apply_meta(struct session *s, const struct in_file *f, struct tree *t, const char *path, int fd, const struct stat *now,
    bool is_new)
{
	unsigned differs = settle_differs(s, f, now);
	struct meta m = { .fake = s->root.fake, .set_uid = (differs & REPORT_OWNER) != 0, .set_gid = (differs & REPORT_GROUP) != 0,
	    .set_mtime = (differs & REPORT_TIME) != 0, .set_atime = (differs & REPORT_ATIME) != 0 };
	struct spot at = { -1, "" };
	const char *what = "";
	int r = 0;

	if (!S_ISLNK(f->mode)) {	/* what is new has no mode of its own that could be kept */
		m.mode = settle_mode(s, f, is_new ? NULL : now) | settle_inherited_bits(s, f, is_new ? now : NULL);
		m.set_mode = m.mode != (now->st_mode & MODE_BITS) || ((m.set_uid || m.set_gid) && (m.mode & 06000));
	}
	/* what is new, or was compared by its contents, gets the fractions too */
	if (settle_keeps_time(s, f->mode) && (is_new || (s->opt.checksum && S_ISREG(f->mode))) &&
	    (f->nsec != (uint32_t)now->st_mtim.tv_nsec || f->mtime != now->st_mtim.tv_sec))
		m.set_mtime = true;
	if (!m.set_uid && !m.set_gid && !m.set_mode && !m.set_mtime && !m.set_atime)
		return 0;
	m.uid = ids_here(&s->push->users, f->uid);
	m.gid = ids_here(&s->push->groups_map, f->gid);
	m.mtime = (struct timespec){ f->mtime, f->nsec };
	m.atime = (struct timespec){ f->extra == NULL ? 0 : f->extra->atime, 0 };
	if (fd < 0)
		r = tree_spot(t, path, &at);
	if (r == 0)
		r = meta_set(fd, &at, &m, &what);
	if (r != 0)
		dest_unset(s, "generator", what, t, path, r);
	return r;
}

int
settle_apply(struct session *s, const struct in_file *f, struct tree *t, const char *path, int fd,
    const struct stat *now, bool is_new)
{
	struct attr_of of, elsewhere;
	int r, acl = 0, set = 0;
	bool has;

	if (s->push->pretend)
		return 0;
	if ((has = extras_open(s, f, t, path, &of))) {
		elsewhere = is_new ? extras_elsewhere(s, f, path) : ATTR_OF_NONE;
		set = extras_set(s, f, &of, &elsewhere, false);	/* before a mode that forbids it */
		extras_close(&elsewhere);
	}
	r = apply_meta(s, f, t, path, fd, now, is_new);
	if (has)
		acl = extras_set_acls(s, f, &of);
	extras_close(&of);
	if (set != 0)
		dest_failed(s, "generator", "lsetxattr", t, path, set);
	if (acl != 0)
		dest_failed(s, "generator", "set_acl", t, path, acl);
	return r != 0 ? r : set != 0 ? set : acl;
}

mode_t
settle_inherited_bits(const struct session *s, const struct in_file *f, const struct stat *made)
{
	return made != NULL && S_ISDIR(f->mode) && !s->opt.perms ? made->st_mode & S_ISGID : 0;
}

mode_t
settle_first_mode(struct session *s, const struct in_file *f, mode_t old)
{
	const struct stat st = { .st_mode = old };
	mode_t mode = settle_mode(s, f, old == 0 ? NULL : &st);
	bool stays = (!s->opt.owner || !s->push->is_root || ids_here(&s->push->users, f->uid) == s->grant.uid) &&
	    (!s->opt.group || ids_here(&s->push->groups_map, f->gid) == s->grant.gid);

	return stays && !s->root.fake && (mode & 0600) == 0600 && !(mode & 07000) ? mode : 0600 | (mode & 0700);
}

bool
settle_needs_state(struct session *s, const char *path, bool in_place)
{
	if (in_place || s->root.fake || s->opt.group > 0 || s->opt.acls > 0)	/* a directory may give its group to what is made in it */
		return true;
	return s->push->temp.fd >= 0 || newmode_by_acl(s, path);
}

void
settle_received(struct session *s, const struct in_file *f, const char *path, int fd, const struct stat *st,
    const struct want *want)
{
	const struct stat old = { .st_mode = want->mode };
	uid_t uid = ids_here(&s->push->users, f->uid);
	gid_t gid = ids_here(&s->push->groups_map, f->gid);
	struct meta m = { .fake = s->root.fake, .uid = uid, .gid = gid, .mode = settle_mode(s, f, want->mode != 0 ? &old : NULL), .mtime = { f->mtime, f->nsec },
	    .set_uid = s->opt.owner && s->push->is_root && uid != st->st_uid,
	    .set_gid = s->opt.group && gid != st->st_gid && may_set_group(s, gid), .set_mtime = s->opt.times > 0,
	    .set_atime = s->opt.atimes && f->extra != NULL, .atime = { f->extra == NULL ? 0 : f->extra->atime, 0 } };
	const struct attr_of of = extras_of_fd(s, fd);
	struct attr_of was;
	const char *what;
	int r;

	if (!want->replaces)
		was = extras_elsewhere(s, f, path);
	else
		(void)extras_open(s, f, &s->push->tree, path, &was);
	if ((r = extras_set(s, f, &of, &was, true)) != 0)
		dest_failed(s, "receiver", "lsetxattr", &s->push->tree, path, r);
	extras_close(&was);
	m.set_mode = m.mode != (st->st_mode & MODE_BITS) || ((m.set_uid || m.set_gid) && (m.mode & 06000));
	if ((r = meta_set(fd, NULL, &m, &what)) != 0)
		dest_unset(s, "receiver", what, &s->push->tree, path, r);
	if ((r = extras_set_acls(s, f, &of)) != 0)
		dest_failed(s, "receiver", "set_acl", &s->push->tree, path, r);
}

/* --- contents ---------------------------------------------------------------------------------- */

/* -c: the sum of the whole file. */
static bool
same_sum(struct session *s, const struct in_file *f, struct tree *t, const char *path)
{
	uint8_t sum[DIGEST_MAX];
	struct stat st;
	int fd;
	ssize_t n = -1;

	if (f->extra == NULL || f->extra->sum == NULL || (fd = tree_open_file(t, path, O_RDONLY, &st)) < 0)
		return false;
	for (off_t at = 0; (n = pread(fd, s->push->list_chunk, TAKE_BUFFER, at)) > 0; at += n) {
		strong_update(s->push->list_sum, s->push->list_chunk, (size_t)n);
		if (at % BREATH < TAKE_BUFFER)
			session_breathe(s);
		if (!work_add(&s->work, (uint64_t)n / 16, 0))
			break;
	}
	close(fd);
	strong_final(s->push->list_sum, sum);
	return n == 0 && memcmp(sum, f->extra->sum, strong_len(s->proto.list_sum)) == 0;
}

bool
settle_same_content(struct session *s, const struct in_file *f, struct tree *t, const char *path, const struct stat *st)
{
	if (st->st_size != f->size)
		return false;
	if (s->opt.checksum)
		return same_sum(s, f, t, path);
	if (s->opt.size_only)
		return true;
	return !s->opt.ignore_times && settle_same_time(s, f, st);
}
