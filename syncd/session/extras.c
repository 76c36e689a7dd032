/* ACLs and extended attributes of what a push brings: what differs, what is asked of the client, what is set
 * (rsync-wire 5.14, 5.15).  Only regular files and directories have any: the rest cannot be opened harmlessly. */
#include "syncd/session/intake.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"
#include "syncd/fs/attr.h"
#include "syncd/wire/int.h"

static const char *const acl_names[] = { "system.posix_acl_access", "system.posix_acl_default" };

enum { VALUE_WIRE_MAX = 128 << 20 };

int
extras_begin(struct session *s)
{
	s->in->has_attrs = s->opt.acls > 0 || s->opt.xattrs > 0;
	return s->in->has_attrs ? strong_new(SUM_MD5, 0, 0, &s->in->md5) : 0;
}

void
extras_end(struct session *s)
{
	strong_free(s->in->md5);
	keeps_done(&s->in->keeps);
	buf_done(&s->in->attr_names);
	buf_done(&s->in->attr_value);
}

/* --- behind an entry of the list ------------------------------------------------------------------------ */

/* What is stored of what a client sends: it has left out what is not to travel. */
static bool
may_store(void *arg, const char *name)
{
	const struct session *s = arg;

	return s->in->is_root || strncmp(name, "user.", 5) == 0;
}

/* What counts of what stands here, and goes when the client does not have it. */
static bool
counts(const struct session *s, const char *name)
{
	return (s->in->is_root || strncmp(name, "user.", 5) == 0) && rules_judge_xattr(s->rules, name) != RULES_EXCLUDE;
}

static int
learn(void *arg, bool is_user, uint32_t id, const char *name)
{
	struct session *s = arg;

	return ids_learn(is_user ? &s->in->users : &s->in->groups_map, id, name);
}

void
extras_expect(struct session *s, uint32_t mode)
{
	if (s->opt.acls && !S_ISLNK(mode))
		s->in->due = DUE_ACCESS;
	else if (s->opt.xattrs)
		s->in->due = DUE_SET;
}

/* One piece.  0: the next is due. */
static int
read_piece(struct session *s, struct in_file *f, struct cursor *c)
{
	struct intake *in = s->in;
	int r;

	switch (in->due) {
	case DUE_ACCESS:
		if ((r = keeps_acl(&in->keeps, 0, c, learn, s, &f->acl)) == 0)
			in->due = S_ISDIR(f->mode) ? DUE_DEFAULT : s->opt.xattrs ? DUE_SET : DUE_NOTHING;
		return r;
	case DUE_DEFAULT:
		if ((r = keeps_acl(&in->keeps, 1, c, learn, s, &f->dflt_acl)) == 0)
			in->due = s->opt.xattrs ? DUE_SET : DUE_NOTHING;
		return r;
	case DUE_SET:
		if ((r = keeps_set(&in->keeps, c, &f->xattrs)) == 0)
			in->due = keeps_open(&in->keeps) ? DUE_ITEMS : DUE_NOTHING;
		return r;
	case DUE_ITEMS:
		if ((r = keeps_item(&in->keeps, c, may_store, s)) == 0 && !keeps_open(&in->keeps))
			in->due = DUE_NOTHING;
		return r;
	case DUE_NOTHING:
		break;
	}
	return 0;
}

int
extras_read(struct session *s, struct in_file *f)
{
	int r = 0;

	while (r == 0 && s->in->due != DUE_NOTHING) {
		struct cursor c = peer_unread(&s->peer);

		if ((r = read_piece(s, f, &c)) == 0)
			peer_consume(&s->peer, &c);
	}
	return r;
}

/* --- what stands here -------------------------------------------------------------------------------------- */

static bool
has_any(const struct session *s, uint32_t mode)
{
	return s->in->has_attrs && (S_ISREG(mode) || S_ISDIR(mode));
}

/* A descriptor for its attributes, or -errno. */
static int
open_object(struct tree *t, const char *path, uint32_t mode)
{
	struct stat st;

	return S_ISDIR(mode) ? tree_open_dir(t, path) : tree_open_file(t, path, O_RDONLY, &st);
}

/* Is the object's value the one that the item means?  It is in attr_value then. */
static bool
value_matches(struct session *s, const struct keep_item *it, int fd)
{
	struct buf *v = &s->in->attr_value;
	uint8_t digest[DIGEST_MAX];

	if (fd < 0 || attr_value(fd, it->name, v) != 0 || buf_len(v) != it->len)
		return false;
	if (it->value != NULL)
		return memcmp(buf_head(v), it->value, it->len) == 0;
	strong_block(s->in->md5, buf_head(v), buf_len(v), digest);
	return memcmp(digest, it->digest, XATTR_DIGEST) == 0;
}

static bool
in_set(const struct keep_set *set, const char *name)
{
	for (uint32_t i = 0; i < set->n; i++)
		if (strcmp(set->v[i].name, name) == 0)
			return true;
	return false;
}

/* The next name of the object that counts and is not in the set. */
static const char *
next_extra(struct session *s, const struct keep_set *set, const char **at)
{
	const char *end = (const char *)buf_head(&s->in->attr_names) + buf_len(&s->in->attr_names), *name;

	while (*at < end) {
		name = *at;
		*at += strlen(name) + 1;
		if (counts(s, name) && !in_set(set, name))
			return name;
	}
	return NULL;
}

static bool
set_differs(struct session *s, const struct keep_set *set, int fd)
{
	const char *at;

	for (uint32_t i = 0; i < set->n; i++)
		if (set->v[i].ours && !value_matches(s, &set->v[i], fd))
			return true;
	if (attr_names(fd, &s->in->attr_names) != 0)
		return false;
	at = (const char *)buf_head(&s->in->attr_names);
	return next_extra(s, set, &at) != NULL;
}

/* The ACL of an object, sorted; an empty one where there is none. */
static int
load_acl(struct session *s, int fd, int kind, struct posix_acl *ret)
{
	struct buf *v = &s->in->attr_value;
	int r = 0;

	*ret = (struct posix_acl){ POSIX_ACL_ABSENT, POSIX_ACL_ABSENT, POSIX_ACL_ABSENT, POSIX_ACL_ABSENT, NULL, 0 };
	if (attr_value(fd, acl_names[kind], v) == 0 && buf_len(v) > 0)
		r = posix_acl_parse(buf_head(v), buf_len(v), ret);
	if (r == 0)
		posix_acl_sort(ret);
	return r;
}

/* One that the client sent, with ids as they are here. */
static int
wanted_acl(struct session *s, int kind, int32_t index, struct posix_acl *ret)
{
	const struct posix_acl *sent = &s->in->keeps.acls[kind][index];

	*ret = *sent;
	ret->named = NULL;
	if (sent->n_named > 0 && (ret->named = calloc(sent->n_named, sizeof *ret->named)) == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < sent->n_named; i++) {
		ret->named[i] = sent->named[i];
		ret->named[i].id = ids_here(sent->named[i].is_user ? &s->in->users : &s->in->groups_map, sent->named[i].id);
	}
	posix_acl_sort(ret);
	return 0;
}

static bool
acl_differs(struct session *s, int kind, int32_t index, int fd, uint32_t mode)
{
	struct posix_acl has, want;
	bool differs = false;

	if (index < 0 || load_acl(s, fd, kind, &has) != 0)
		return false;
	if (kind == 0)
		posix_acl_strip(&has, mode);
	if (wanted_acl(s, kind, index, &want) == 0) {
		differs = !posix_acl_same(&has, &want);
		posix_acl_done(&want);
	}
	posix_acl_done(&has);
	return differs;
}

unsigned
extras_differ(struct session *s, const struct in_file *f, struct tree *t, const char *path, const struct stat *st)
{
	unsigned flags = 0;
	int fd;

	if (!has_any(s, f->mode) || (f->mode & S_IFMT) != (st->st_mode & S_IFMT) || (fd = open_object(t, path, f->mode)) < 0)
		return 0;
	if (acl_differs(s, 0, f->acl, fd, st->st_mode) || (S_ISDIR(f->mode) && acl_differs(s, 1, f->dflt_acl, fd, st->st_mode)))
		flags |= REPORT_ACL;
	if (f->xattrs >= 0 && set_differs(s, &s->in->keeps.sets[f->xattrs], fd))
		flags |= REPORT_XATTR;
	close(fd);
	return flags;
}

unsigned
extras_of_new(const struct session *s, const struct in_file *f)
{
	return has_any(s, f->mode) && f->xattrs >= 0 && s->in->keeps.sets[f->xattrs].n > 0 ? REPORT_XATTR : 0;
}

/* --- what is set --------------------------------------------------------------------------------------------- */

/* One item.  elsewhere: the file that is replaced, or -1.  0, or -errno; -ENODATA: its value is not here. */
static int
set_item(struct session *s, const struct keep_item *it, int fd, int elsewhere)
{
	if (!it->ours || value_matches(s, it, fd))
		return 0;
	if (it->state == KEEP_HERE)
		return attr_set(fd, it->name, it->value, it->len);
	if (!value_matches(s, it, elsewhere))
		return -ENODATA;
	return attr_set(fd, it->name, buf_head(&s->in->attr_value), buf_len(&s->in->attr_value));
}

static int
set_items(struct session *s, const struct keep_set *set, int fd, int elsewhere, bool final)
{
	const char *at, *name;
	int err = 0, r;

	for (uint32_t i = 0; i < set->n; i++) {
		r = set_item(s, &set->v[i], fd, elsewhere);
		if (r != 0 && (r != -ENODATA || final))
			err = err == 0 ? r : err;
	}
	if (attr_names(fd, &s->in->attr_names) != 0)
		return err;
	for (at = (const char *)buf_head(&s->in->attr_names); (name = next_extra(s, set, &at)) != NULL;)
		if ((r = attr_remove(fd, name)) != 0)
			err = err == 0 ? r : err;
	return err;
}

int
extras_set(struct session *s, const struct in_file *f, int fd, int elsewhere, bool final)
{
	const struct keep_set *set;
	struct stat st;
	int r;

	if (!has_any(s, f->mode) || f->xattrs < 0)
		return 0;
	set = &s->in->keeps.sets[f->xattrs];
	r = set_items(s, set, fd, elsewhere, final);
	if ((r == -EACCES || r == -EPERM) && !s->in->is_root && fstat(fd, &st) == 0 && !(st.st_mode & S_IWUSR) &&
	    fchmod(fd, (st.st_mode & 07777) | S_IWUSR) == 0) {	/* user.* wants a mode that may write */
		r = set_items(s, set, fd, elsewhere, final);
		(void)fchmod(fd, st.st_mode & 07777);
	}
	return r;
}

static int
set_acl(struct session *s, int kind, int32_t index, int fd, uint32_t mode)
{
	struct posix_acl has, want;
	struct buf *v = &s->in->attr_value;
	bool some;
	int r;

	if (index < 0 || load_acl(s, fd, kind, &has) != 0)
		return 0;
	if ((r = wanted_acl(s, kind, index, &want)) == 0) {
		some = posix_acl_extended(&want) || (kind == 1 && want.user_obj != POSIX_ACL_ABSENT);
		if (some && (kind == 0 || want.user_obj == POSIX_ACL_ABSENT))
			posix_acl_complete(&want, mode);
		buf_clear(v);
		if (some && !posix_acl_same(&has, &want)) {
			posix_acl_put(v, &want);
			r = v->err != 0 ? v->err : attr_set(fd, acl_names[kind], buf_head(v), buf_len(v));
		} else if (!some && (posix_acl_extended(&has) || has.user_obj != POSIX_ACL_ABSENT)) {
			r = attr_remove(fd, acl_names[kind]);
		}
		posix_acl_done(&want);
	}
	posix_acl_done(&has);
	return r;
}

int
extras_set_acls(struct session *s, const struct in_file *f, int fd)
{
	struct stat st;
	int r, d = 0;

	if (!has_any(s, f->mode) || f->acl < 0)
		return 0;
	if (fstat(fd, &st) < 0)
		return -errno;
	r = set_acl(s, 0, f->acl, fd, st.st_mode);
	if (S_ISDIR(f->mode))
		d = set_acl(s, 1, f->dflt_acl, fd, st.st_mode);
	return r != 0 ? r : d;
}

int
extras_open(struct session *s, const struct in_file *f, struct tree *t, const char *path)
{
	return has_any(s, f->mode) && !s->in->pretend ? open_object(t, path, f->mode) : -1;
}

int
extras_elsewhere(struct session *s, const struct in_file *f, const char *path)
{
	struct stat st;
	int i = has_any(s, f->mode) ? altdest_find(s, f, path, &st) : -1;

	return i < 0 ? -1 : open_object(&s->in->alt[i], path, f->mode);
}

int
extras_copy(struct session *s, int from, int to)
{
	struct buf *names = &s->in->attr_names, *v = &s->in->attr_value;
	const char *at, *end;
	int r = 0;

	if (s->opt.xattrs && attr_names(from, names) == 0) {
		at = (const char *)buf_head(names);
		for (end = at + buf_len(names); at < end && r == 0; at += strlen(at) + 1)
			if (counts(s, at) && attr_value(from, at, v) == 0)
				r = attr_set(to, at, buf_head(v), buf_len(v));
	}
	if (r == 0 && s->opt.acls && attr_value(from, acl_names[0], v) == 0)
		r = attr_set(to, acl_names[0], buf_head(v), buf_len(v));
	return r;
}

/* --- asking for long values -------------------------------------------------------------------------------------- */

bool
extras_travel(const struct session *s, unsigned flags)
{
	bool optimised = s->proto.version >= 31 && !(s->proto.compat & CF_AVOID_XATTR_OPTIM);

	return s->opt.xattrs > 0 && s->opt.dry_run == 0 && (flags & REPORT_XATTR) &&
	    !(optimised && (flags & ITEM_XNAME_FOLLOWS) && (flags & ITEM_LOCAL_CHANGE));
}

/* Each value is asked for once on a connection.  Is something of the set not here yet? */
static bool
put_request(struct session *s, struct keep_set *set, int32_t ndx, int fd, int elsewhere)
{
	struct buf *out = peer_out(&s->peer);
	uint32_t last = 0;
	bool missing = false;

	for (uint32_t i = 0; i < set->n; i++) {
		struct keep_item *it = &set->v[i];

		if (!it->ours || it->state == KEEP_HERE || value_matches(s, it, fd) || value_matches(s, it, elsewhere))
			continue;
		missing = true;
		if (it->state != KEEP_ABBREVIATED)
			continue;
		put_varint(out, (int32_t)(i + 1 - last));
		last = i + 1;
		it->state = KEEP_ASKED;
		it->asked_by = ndx;
	}
	return missing;
}

void
extras_ask(struct session *s, int32_t ndx, struct in_file *f, unsigned flags)
{
	char path[NAME_BYTES_MAX];
	bool missing = false;
	int fd = -1, elsewhere = -1;

	if (!extras_travel(s, flags))
		return;
	if (f != NULL && f->xattrs >= 0) {
		if (!s->in->no_tree)
			fd = open_object(&s->in->tree, dest_path(s, f, path), f->mode);
		if (flags & (ITEM_IS_NEW | ITEM_LOCAL_CHANGE | ITEM_TRANSFER))
			elsewhere = extras_elsewhere(s, f, dest_path(s, f, path));
		missing = put_request(s, &s->in->keeps.sets[f->xattrs], ndx, fd, elsewhere);
		if (fd >= 0)
			close(fd);
		if (elsewhere >= 0)
			close(elsewhere);
	}
	put_varint(peer_out(&s->peer), 0);
	if (missing && !(flags & ITEM_TRANSFER) && !(f->flags & IN_AWAITS)) {
		f->flags |= IN_AWAITS;
		push_pending(s, ndx, 1);
	}
}

/* --- the answers --------------------------------------------------------------------------------------------------- */

/* Looked up each time: the list of an entry that waits for nothing may be done with meanwhile. */
static struct in_file *
file_of(struct session *s, int32_t ndx)
{
	int32_t dir;
	struct in_file *f = inlist_find(&s->in->list, ndx, &dir);

	return f == NULL && dir >= 0 ? inlist_dir(&s->in->list, dir) : f;
}

void
extras_answer_begins(struct session *s, int32_t ndx, unsigned flags)
{
	keeps_trim(&s->in->keeps);
	s->in->answer = (struct attr_answer){ .open = true, .ndx = ndx, .flags = flags };
}

/* The next item's head.  1: the end of the answer. */
static int
read_head(struct session *s)
{
	struct attr_answer *a = &s->in->answer;
	const struct in_file *f = file_of(s, a->ndx);
	struct cursor c = peer_unread(&s->peer);
	int32_t step = get_varint(&c), len = c.err == 0 && step != 0 ? get_varint(&c) : 0;

	if (c.err != 0)
		return c.err;
	if (step < 0 || len < 0 || len > VALUE_WIRE_MAX || __builtin_add_overflow(a->num, (uint32_t)step, &a->num))
		return E_FORMAT;
	if (step != 0 && (f == NULL || (a->item = keeps_asked(&s->in->keeps, f->xattrs, a->num, a->ndx)) == NULL))
		return E_FORMAT;	/* nobody asked for that */
	peer_consume(&s->peer, &c);
	if (step == 0)
		return 1;
	a->left = (size_t)len;
	a->at = 0;
	(void)keeps_room(&s->in->keeps, a->item, a->left);
	return 0;
}

static int
read_value(struct session *s)
{
	struct attr_answer *a = &s->in->answer;
	struct cursor c = peer_unread(&s->peer);
	size_t n = cur_left(&c) < a->left ? cur_left(&c) : a->left;
	const uint8_t *p = cur_bytes(&c, n);

	if (a->item->value != NULL)
		memcpy(a->item->value + a->at, p, n);
	a->at += n;
	a->left -= n;
	peer_consume(&s->peer, &c);
	return a->left > 0 ? E_SHORT : 0;
}

/* What waited for values gets them. */
static void
settle_awaited(struct session *s, struct in_file *f, int32_t ndx)
{
	char path[NAME_BYTES_MAX];
	int fd = extras_open(s, f, &s->in->tree, dest_path(s, f, path)), r = fd;

	if (fd >= 0) {
		r = extras_set(s, f, fd, -1, true);
		close(fd);
	}
	if (r < 0 && !s->in->pretend)
		dest_failed(s, "receiver", "lsetxattr", &s->in->tree, path, r);
	f->flags &= ~(uint32_t)IN_AWAITS;
	push_pending(s, ndx, -1);
}

int
extras_answer(struct session *s)
{
	struct attr_answer *a = &s->in->answer;
	struct in_file *f;
	int r = 0;

	while (r == 0) {
		if (a->left > 0 && (r = read_value(s)) != 0)
			return r;
		r = read_head(s);
	}
	if (r != 1)
		return r;
	f = file_of(s, a->ndx);
	if (f != NULL && keeps_due(&s->in->keeps, f->xattrs, a->ndx))
		return E_FORMAT;	/* something was left out */
	a->open = false;
	if (f != NULL && (f->flags & IN_AWAITS) && !(a->flags & ITEM_TRANSFER))
		settle_awaited(s, f, a->ndx);
	return 0;
}
