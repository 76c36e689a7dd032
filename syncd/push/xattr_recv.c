/* ACLs and extended attributes of what a push brings: what differs, what is asked of the client, what is set
 * (rsync-wire 5.14, 5.15). */
#include "syncd/push/xattr_recv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"
#include "syncd/delta/strong.h"
#include "syncd/fs/meta.h"
#include "syncd/push/push.h"
#include "syncd/push/report.h"
#include "syncd/push/xattr_cache.h"
#include "syncd/session/acls.h"
#include "syncd/wire/int.h"

enum { VALUE_WIRE_MAX = 128 << 20 };

/* Long values of attributes, behind the index and item that asked for them. */
struct attr_answer {
	bool open;
	int32_t ndx;
	unsigned flags;		/* of the item */
	uint32_t num;		/* of the item that comes, from 1 */
	struct xattr_value *item;
	size_t left, at;	/* bytes of its value */
};

struct xattr_recv {
	bool some;		/* -A or -X */
	struct xattr_cache cache;
	enum { DUE_NOTHING, DUE_ACCESS, DUE_DEFAULT, DUE_SET, DUE_ITEMS } due;	/* behind the newest entry */
	struct strong *md5;
	struct buf names, value;	/* of what stands here, read last */
	struct attr_answer answer;
};

int
xattr_begin(struct session *s)
{
	struct xattr_recv *x = s->push->xattrs = calloc(1, sizeof *x);

	if (x == NULL)
		return -ENOMEM;
	x->some = s->opt.acls > 0 || s->opt.xattrs > 0;
	return x->some ? strong_new(SUM_MD5, 0, 0, &x->md5) : 0;
}

void
xattr_end(struct session *s)
{
	struct xattr_recv *x = s->push->xattrs;

	if (x == NULL)
		return;
	strong_free(x->md5);
	xattr_cache_done(&x->cache);
	buf_done(&x->names);
	buf_done(&x->value);
	free(x);
	s->push->xattrs = NULL;
}

/* -XX means rsync's own attributes too, unless they are what shows the tree here. */
static bool
keeps_own(const struct session *s)
{
	return s->opt.xattrs > 1 && !s->root.fake;
}

/* What is stored of what a client sends: it has left out what is not to travel. */
static bool
may_store(void *arg, const char *name)
{
	const struct session *s = arg;

	if (!keeps_own(s) && (strncmp(name, "user.rsync.%", 12) == 0 || strncmp(name, "rsync.%", 7) == 0))
		return false;	/* what fake super keeps is not the client's to say */
	return session_is_root(s) || strncmp(name, "user.", 5) == 0;
}

/* What counts of what stands here, and goes when the client does not have it. */
static bool
counts(const struct session *s, const char *name)
{
	return (session_is_root(s) || strncmp(name, "user.", 5) == 0) && rules_match_xattr(s->rules, name) != RULES_EXCLUDE;
}

static int
learn(void *arg, bool is_user, uint32_t id, const char *name)
{
	struct session *s = arg;

	return ids_learn(is_user ? &s->push->uid_map : &s->push->gid_map, id, name);
}

void
xattr_expect(struct session *s, uint32_t mode)
{
	if (s->opt.acls && !S_ISLNK(mode))
		s->push->xattrs->due = DUE_ACCESS;
	else if (s->opt.xattrs)
		s->push->xattrs->due = DUE_SET;
}

/* One piece.  0: the next is due. */
static int
read_piece(struct session *s, struct flist_file *f, struct cursor *c)
{
	struct xattr_recv *in = s->push->xattrs;
	int r;

	switch (in->due) {
	case DUE_ACCESS:
		if ((r = xattr_cache_acl(&in->cache, 0, c, learn, s, &f->acl)) == 0)
			in->due = S_ISDIR(f->mode) ? DUE_DEFAULT : s->opt.xattrs ? DUE_SET : DUE_NOTHING;
		return r;
	case DUE_DEFAULT:
		if ((r = xattr_cache_acl(&in->cache, 1, c, learn, s, &f->dflt_acl)) == 0)
			in->due = s->opt.xattrs ? DUE_SET : DUE_NOTHING;
		return r;
	case DUE_SET:
		if ((r = xattr_cache_set(&in->cache, c, &f->xattrs)) == 0)
			in->due = xattr_cache_open(&in->cache) ? DUE_ITEMS : DUE_NOTHING;
		return r;
	case DUE_ITEMS:
		if ((r = xattr_cache_item(&in->cache, c, may_store, s)) == 0 && !xattr_cache_open(&in->cache))
			in->due = DUE_NOTHING;
		return r;
	case DUE_NOTHING:
		break;
	}
	return 0;
}

int
xattr_read(struct session *s, struct flist_file *f)
{
	int r = 0;

	while (r == 0 && s->push->xattrs->due != DUE_NOTHING) {
		struct cursor c = peer_unread(&s->peer);

		if ((r = read_piece(s, f, &c)) == 0)
			peer_consume(&s->peer, &c);
	}
	return r;
}

/* Where the attributes of an object are to be had: its name in its directory; a directory that a link may stand
 * for is opened.  None where it is not there. */
static struct attr_of
object(struct tree *t, const char *path, uint32_t mode)
{
	struct attr_of of = { .fd = -1, .dir = -1, .fake = t->fd >= 0 && t->module->fake };
	struct at_path at;

	if (t->fd < 0)
		return of;
	if (S_ISDIR(mode) && t->links) {
		of.fd = tree_open_dir(t, path);
	} else if (tree_at_path(t, path, &at) == 0) {
		of.dir = at.dir;
		of.name = at.leaf;
	}
	return of;
}

void
xattr_close(const struct attr_of *of)
{
	if (of->fd >= 0)
		close(of->fd);
}

static int
chmod_of(const struct attr_of *of, mode_t mode)
{
	const struct meta m = { .set_mode = true, .mode = mode & 07777 };
	const struct at_path at = { of->dir, of->name };
	const char *what;

	return meta_set(of->fd, &at, &m, &what);
}

/* Is the object's value the one that the item means?  It is in attr_value then. */
static bool
value_matches(struct session *s, const struct xattr_value *it, const struct attr_of *of)
{
	struct buf *v = &s->push->xattrs->value;
	uint8_t digest[DIGEST_MAX];

	if (attr_value(of, it->name, v) != 0 || buf_len(v) != it->len)
		return false;
	if (it->value != NULL)
		return memcmp(buf_head(v), it->value, it->len) == 0;
	strong_block(s->push->xattrs->md5, buf_head(v), buf_len(v), digest);
	return memcmp(digest, it->digest, XATTR_DIGEST) == 0;
}

static bool
in_set(const struct xattr_list *set, const char *name)
{
	for (uint32_t i = 0; i < set->n; i++)
		if (strcmp(set->v[i].name, name) == 0)
			return true;
	return false;
}

/* The next name of the object that counts and is not in the set. */
static const char *
next_extra(struct session *s, const struct xattr_list *set, const char **at)
{
	const char *end = (const char *)buf_head(&s->push->xattrs->names) + buf_len(&s->push->xattrs->names), *name;

	while (*at < end) {
		name = *at;
		*at += strlen(name) + 1;
		if (counts(s, name) && !in_set(set, name))
			return name;
	}
	return NULL;
}

static bool
set_differs(struct session *s, const struct xattr_list *set, const struct attr_of *of)
{
	const char *at;

	for (uint32_t i = 0; i < set->n; i++)
		if (set->v[i].ours && !value_matches(s, &set->v[i], of))
			return true;
	if (attr_names(of, &s->push->xattrs->names) != 0)
		return false;
	at = (const char *)buf_head(&s->push->xattrs->names);
	return next_extra(s, set, &at) != NULL;
}

/* One that the client sent, with ids as they are here. */
static int
wanted_acl(struct session *s, int kind, int32_t index, struct posix_acl *ret)
{
	const struct posix_acl *sent = &s->push->xattrs->cache.acls[kind][index];

	*ret = *sent;
	ret->named = NULL;
	if (sent->n_named > 0 && (ret->named = calloc(sent->n_named, sizeof *ret->named)) == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < sent->n_named; i++) {
		ret->named[i] = sent->named[i];
		ret->named[i].id = ids_here(sent->named[i].is_user ? &s->push->uid_map : &s->push->gid_map, sent->named[i].id);
	}
	posix_acl_sort(ret);
	return 0;
}

static bool
acl_differs(struct session *s, enum acl_kind kind, int32_t index, const struct attr_of *of, uint32_t mode)
{
	struct posix_acl has, want;
	bool differs = false;

	if (index < 0 || acls_load(of, kind, &s->push->xattrs->value, &has) != 0)
		return false;
	if (kind == ACL_ACCESS)
		posix_acl_strip(&has, mode);
	if (wanted_acl(s, kind, index, &want) == 0) {
		differs = !posix_acl_same(&has, &want);
		posix_acl_done(&want);
	}
	posix_acl_done(&has);
	return differs;
}

unsigned
xattr_differ(struct session *s, const struct push_job *j, struct tree *t, const struct stat *st)
{
	const struct flist_file *f = j->file;
	unsigned flags = 0;
	struct attr_of of;

	if (!s->push->xattrs->some || (f->mode & S_IFMT) != (st->st_mode & S_IFMT))
		return 0;
	of = object(t, j->path, f->mode);
	if (acl_differs(s, ACL_ACCESS, f->acl, &of, st->st_mode) ||
	    (S_ISDIR(f->mode) && acl_differs(s, ACL_DEFAULT, f->dflt_acl, &of, st->st_mode)))
		flags |= REPORT_ACL;
	if (f->xattrs >= 0 && set_differs(s, &s->push->xattrs->cache.sets[f->xattrs], &of))
		flags |= REPORT_XATTR;
	xattr_close(&of);
	return flags;
}

unsigned
xattr_of_new(const struct session *s, const struct flist_file *f)
{
	return s->push->xattrs->some && f->xattrs >= 0 && s->push->xattrs->cache.sets[f->xattrs].n > 0 ? REPORT_XATTR : 0;
}

/* One item.  elsewhere: the file that is replaced.  0, or -errno; -ENODATA: its value is not here. */
static int
set_item(struct session *s, const struct xattr_value *it, const struct attr_of *of, const struct attr_of *elsewhere)
{
	if (!it->ours || value_matches(s, it, of))
		return 0;
	if (it->state == VALUE_HERE)
		return attr_set(of, it->name, it->value, it->len);
	if (!value_matches(s, it, elsewhere))
		return -ENODATA;
	return attr_set(of, it->name, buf_head(&s->push->xattrs->value), buf_len(&s->push->xattrs->value));
}

static int
set_items(struct session *s, const struct xattr_list *set, const struct attr_of *of, const struct attr_of *elsewhere, bool final)
{
	const char *at, *name;
	int err = 0, r;

	for (uint32_t i = 0; i < set->n; i++) {
		r = set_item(s, &set->v[i], of, elsewhere);
		if (r != 0 && (r != -ENODATA || final))
			err = err == 0 ? r : err;
	}
	if (attr_names(of, &s->push->xattrs->names) != 0)
		return err;
	for (at = (const char *)buf_head(&s->push->xattrs->names); (name = next_extra(s, set, &at)) != NULL;)
		if ((r = attr_remove(of, name)) != 0)
			err = err == 0 ? r : err;
	return err;
}

int
xattr_set(struct session *s, const struct flist_file *f, const struct attr_of *of, const struct attr_of *elsewhere, bool final)
{
	const struct xattr_list *set;
	struct stat st;
	int r;

	if (!s->push->xattrs->some || f->xattrs < 0)
		return 0;
	set = &s->push->xattrs->cache.sets[f->xattrs];
	r = set_items(s, set, of, elsewhere, final);
	if ((r == -EACCES || r == -EPERM) && !session_is_root(s) && attr_stat(of, &st) == 0 && !(st.st_mode & S_IWUSR) &&
	    !S_ISLNK(st.st_mode) && chmod_of(of, st.st_mode | S_IWUSR) == 0) {	/* user.* wants a mode that may write */
		r = set_items(s, set, of, elsewhere, final);
		(void)chmod_of(of, st.st_mode);
	}
	return r;
}

static int
set_acl(struct session *s, enum acl_kind kind, int32_t index, const struct attr_of *of, uint32_t mode)
{
	struct posix_acl has, want;
	struct buf *v = &s->push->xattrs->value;
	bool some;
	int r;

	if (index < 0 || acls_load(of, kind, v, &has) != 0)
		return 0;
	if ((r = wanted_acl(s, kind, index, &want)) == 0) {
		some = posix_acl_extended(&want) || (kind == ACL_DEFAULT && want.user_obj != POSIX_ACL_ABSENT);
		if (some && !of->fake && (kind == ACL_ACCESS || want.user_obj == POSIX_ACL_ABSENT))
			posix_acl_complete(&want, mode);
		else if (some && kind == ACL_ACCESS && want.mask == POSIX_ACL_ABSENT)	/* kept as sent, but for the mask */
			want.mask = (int)(mode >> 3 & 7);
		if (some && !posix_acl_same(&has, &want))
			r = acls_store(of, kind, v, &want);
		else if (!some && (posix_acl_extended(&has) || has.user_obj != POSIX_ACL_ABSENT))
			r = acls_remove(of, kind);
		posix_acl_done(&want);
	}
	posix_acl_done(&has);
	return r;
}

int
xattr_set_acls(struct session *s, const struct flist_file *f, const struct attr_of *of)
{
	struct stat st;
	int r, d = 0;

	if (!s->push->xattrs->some || f->acl < 0)
		return 0;
	if ((r = attr_stat(of, &st)) != 0)
		return r;
	r = set_acl(s, ACL_ACCESS, f->acl, of, st.st_mode);
	if (S_ISDIR(f->mode))
		d = set_acl(s, ACL_DEFAULT, f->dflt_acl, of, st.st_mode);
	return r != 0 ? r : d;
}

bool
xattr_open(struct session *s, const struct push_job *j, struct attr_of *ret)
{
	*ret = s->push->xattrs->some && !options_pretend(&s->opt) ? object(&s->push->dest.tree, j->path, j->file->mode) : ATTR_OF_NONE;
	return ret->fd >= 0 || ret->dir >= 0;
}

struct attr_of
xattr_elsewhere(struct session *s, const struct push_job *j)
{
	struct dest *d = &s->push->dest;
	struct stat st;
	int i = s->push->xattrs->some ? dest_alt_find(d, j->path, j->file->mode, &st) : -1;

	return i < 0 ? ATTR_OF_NONE : object(&d->alt[i], j->path, j->file->mode);
}

struct attr_of
xattr_of_fd(const struct session *s, int fd)
{
	return (struct attr_of){ .fd = fd, .dir = -1, .fake = s->root.fake };
}

int
xattr_copy(struct session *s, int from_fd, int to_fd)
{
	const struct attr_of source = xattr_of_fd(s, from_fd), dest = xattr_of_fd(s, to_fd), *from = &source, *to = &dest;
	struct buf *names = &s->push->xattrs->names, *v = &s->push->xattrs->value;
	const char *at, *end;
	int r = 0;

	if (s->opt.xattrs && attr_names(from, names) == 0) {
		at = (const char *)buf_head(names);
		for (end = at + buf_len(names); at < end && r == 0; at += strlen(at) + 1)
			if (counts(s, at) && attr_value(from, at, v) == 0)
				r = attr_set(to, at, buf_head(v), buf_len(v));
	}
	return r == 0 && s->opt.acls ? acls_copy(from, to, v) : r;
}

bool
xattr_travel(const struct session *s, unsigned flags)
{
	bool optimised = s->proto.version >= 31 && !(s->proto.compat & CF_AVOID_XATTR_OPTIM);

	return s->opt.xattrs > 0 && s->opt.dry_run == 0 && (flags & REPORT_XATTR) &&
	    !(optimised && (flags & ITEM_XNAME_FOLLOWS) && (flags & ITEM_LOCAL_CHANGE));
}

/* Each value is asked for once on a connection.  Is something of the set not here yet? */
static bool
put_request(struct session *s, struct xattr_list *set, int32_t ndx, const struct attr_of *of, const struct attr_of *elsewhere)
{
	struct buf *out = peer_out(&s->peer);
	uint32_t last = 0;
	bool missing = false;

	for (uint32_t i = 0; i < set->n; i++) {
		struct xattr_value *it = &set->v[i];

		if (!it->ours || it->state == VALUE_HERE || value_matches(s, it, of) || value_matches(s, it, elsewhere))
			continue;
		missing = true;
		if (it->state != VALUE_ABBREVIATED)
			continue;
		put_varint(out, (int32_t)(i + 1 - last));
		last = i + 1;
		it->state = VALUE_ASKED;
		it->asked_by = ndx;
	}
	return missing;
}

void
xattr_ask(struct session *s, const struct push_job *j, unsigned flags)
{
	struct flist_file *f = j->file;
	struct attr_of of = ATTR_OF_NONE, elsewhere = ATTR_OF_NONE;
	bool missing = false;

	if (!xattr_travel(s, flags))
		return;
	if (f->xattrs >= 0) {
		if (!s->push->dest.no_tree)
			of = object(&s->push->dest.tree, j->path, f->mode);
		if (flags & (ITEM_IS_NEW | ITEM_LOCAL_CHANGE | ITEM_TRANSFER))
			elsewhere = xattr_elsewhere(s, j);
		missing = put_request(s, &s->push->xattrs->cache.sets[f->xattrs], j->ndx, &of, &elsewhere);
		xattr_close(&of);
		xattr_close(&elsewhere);
	}
	put_varint(peer_out(&s->peer), 0);
	if (missing && !(flags & ITEM_TRANSFER) && !(f->flags & IN_AWAITS)) {
		f->flags |= IN_AWAITS;
		flist_in_pending(&s->push->list, j->ndx, 1);
	}
}

/* Looked up each time: the list of an entry that waits for nothing may be done with meanwhile. */
static struct flist_file *
file_of(struct session *s, int32_t ndx)
{
	int32_t dir;
	struct flist_file *f = flist_in_find(&s->push->list, ndx, &dir);

	return f == NULL && dir >= 0 ? flist_in_dir_of(&s->push->list, dir) : f;
}

void
xattr_answer_begins(struct session *s, int32_t ndx, unsigned flags)
{
	xattr_cache_trim(&s->push->xattrs->cache);
	s->push->xattrs->answer = (struct attr_answer){ .open = true, .ndx = ndx, .flags = flags };
}

/* The next item's head.  1: the end of the answer. */
static int
read_head(struct session *s)
{
	struct attr_answer *a = &s->push->xattrs->answer;
	const struct flist_file *f = file_of(s, a->ndx);
	struct cursor c = peer_unread(&s->peer);
	int32_t step = get_varint(&c), len = c.err == 0 && step != 0 ? get_varint(&c) : 0;

	if (c.err != 0)
		return c.err;
	if (step < 0 || len < 0 || len > VALUE_WIRE_MAX || __builtin_add_overflow(a->num, (uint32_t)step, &a->num))
		return E_FORMAT;
	if (step != 0 && (f == NULL || (a->item = xattr_cache_asked(&s->push->xattrs->cache, f->xattrs, a->num, a->ndx)) == NULL))
		return E_FORMAT;	/* nobody asked for that */
	peer_consume(&s->peer, &c);
	if (step == 0)
		return 1;
	a->left = (size_t)len;
	a->at = 0;
	(void)xattr_cache_room(&s->push->xattrs->cache, a->item, a->left);
	return 0;
}

static int
read_value(struct session *s)
{
	struct attr_answer *a = &s->push->xattrs->answer;
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
apply_awaited(struct session *s, struct flist_file *f, int32_t ndx)
{
	struct push_job j;
	struct attr_of of;
	int r = -ENOENT;

	job_init(&j, ndx, f, false);
	dest_path(&s->push->dest, f, j.path);
	if (xattr_open(s, &j, &of))
		r = xattr_set(s, f, &of, &ATTR_OF_NONE, true);
	xattr_close(&of);
	if (r < 0 && !options_pretend(&s->opt))
		report_failed(s, "receiver", "lsetxattr", &s->push->dest.tree, j.path, r);
	f->flags &= ~(uint32_t)IN_AWAITS;
	flist_in_pending(&s->push->list, ndx, -1);
}

int
xattr_answer(struct session *s, int32_t *ret_ndx, unsigned *ret_flags)
{
	struct attr_answer *a = &s->push->xattrs->answer;
	struct flist_file *f;
	int r = 0;

	while (r == 0) {
		if (a->left > 0 && (r = read_value(s)) != 0)
			return r;
		r = read_head(s);
	}
	if (r != 1)
		return r;
	f = file_of(s, a->ndx);
	if (f != NULL && xattr_cache_due(&s->push->xattrs->cache, f->xattrs, a->ndx))
		return E_FORMAT;	/* something was left out */
	a->open = false;
	*ret_ndx = a->ndx;
	*ret_flags = a->flags;
	if (f != NULL && (f->flags & IN_AWAITS) && !(a->flags & ITEM_TRANSFER))
		apply_awaited(s, f, a->ndx);
	return 0;
}

bool
xattr_answering(const struct session *s)
{
	return s->push->xattrs->answer.open;
}
