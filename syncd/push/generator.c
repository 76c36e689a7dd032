/* What is done about each entry of the client's list: nothing, something here, or a request for data
 * (rsync-wire 7.1, 8.2). */
#include "syncd/push/intake.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/grow.h"
#include "syncd/delta/rolling.h"
#include "syncd/fs/fake.h"
#include "syncd/policy/symlink_safety.h"
#include "syncd/push/sums.h"

/* What has become of an entry; else a negative error. */
enum outcome {
	GO_ON = ENTRY_GO_ON,	/* nothing yet */
	DONE = ENTRY_DONE,	/* it stands complete under its path */
	FAILED = ENTRY_FAILED,	/* it does not, and will not */
	ASKED,			/* the client was asked for its data */
};

/* An entry and what stands in its place. */
struct target {
	struct in_file *f;
	int32_t ndx;
	char path[NAME_BYTES_MAX];
	struct stat st;
	bool exists;
	bool redo;
};

/* --- words for the client -------------------------------------------------------------------------- */

bool
generator_says(const struct session *s, int level)
{
	return s->opt.verbose >= level && s->grant.max_verbosity >= level;
}

bool
generator_itemises(const struct session *s)
{
	return s->opt.log_format != NULL && strstr(s->opt.log_format, "%i") != NULL;
}

bool
generator_informs(const struct session *s, int level, const char *word)
{
	return generator_says(s, level) || (options_info(&s->opt, word) && s->grant.max_verbosity >= level);
}

void
generator_unchanged(struct session *s, const char *path)
{
	if (generator_says(s, 2) && !generator_itemises(s))
		session_tell(s, MSG_INFO, "%s is uptodate\n", path);
}

bool
generator_reports_all(const struct session *s)
{
	return (s->opt.log_format != NULL && strstr(s->opt.log_format, "%I") != NULL) ||
	    generator_says(s, 2);
}

/* Clients below protocol 29 get no items: they are told in words (rsync-wire 8.7). */
static void
say_item(struct session *s, int32_t ndx, unsigned flags, const char *xname)
{
	int32_t dir;
	const struct in_file *f = inlist_find(&s->push->list, ndx, &dir);
	char path[NAME_BYTES_MAX];

	if (f == NULL || !s->opt.verbose || (!S_ISDIR(f->mode) && !(flags & (ITEM_LOCAL_CHANGE | ITEM_IS_NEW))))
		return;		/* of what changes in its attributes alone only directories are named */
	inlist_path(f, path);
	if (S_ISDIR(f->mode))
		session_tell(s, MSG_INFO, "%s/\n", path);
	else if (xname != NULL && xname[0] != '\0')
		session_tell(s, MSG_INFO, "%s => %s\n", path, xname);
	else if (S_ISLNK(f->mode) && f->extra != NULL && f->extra->link != NULL)
		session_tell(s, MSG_INFO, "%s -> %s\n", path, f->extra->link);
	else
		session_tell(s, MSG_INFO, "%s\n", path);
}

void
generator_item(struct session *s, int32_t ndx, unsigned flags, const char *xname)
{
	const unsigned quiet = ITEM_BASIS_TYPE_FOLLOWS | ITEM_XNAME_FOLLOWS | ITEM_LOCAL_CHANGE;
	const struct item it = { .flags = (uint16_t)flags, .basis = BASIS_DEST, .xname = xname == NULL ? "" : xname,
	    .xname_len = xname == NULL ? 0 : strlen(xname) };
	struct in_file *f;
	int32_t dir;

	if (!(flags & ~quiet) && it.xname_len == 0 && !generator_reports_all(s))
		return;
	if (s->proto.version < 29) {
		if (flags != 0)
			say_item(s, ndx, flags, xname);
		return;
	}
	ndx_put(peer_out(&s->peer), s->proto.version, &s->ndx_out, ndx);
	item_put(peer_out(&s->peer), &it);
	f = inlist_find(&s->push->list, ndx, &dir);
	extras_ask(s, ndx, f == NULL && dir >= 0 ? inlist_dir(&s->push->list, dir) : f, flags);
}

void
generator_success(struct session *s, int32_t ndx)
{
	if (s->opt.remove_source > 0 && !s->push->pretend)
		peer_put_number(&s->peer, MSG_SUCCESS, ndx);
}

/* --- what stands in the way ------------------------------------------------------------------------- */

/* Make room for something of another kind.  0, or the entry cannot be made (told). */
static int
make_room(struct session *s, struct target *t)
{
	if (!t->exists)
		return 0;
	t->exists = false;
	return remove_for(s, t->path, &t->st, t->f->mode);
}

/* --- directories -------------------------------------------------------------------------------------- */

static int
touch_later(struct session *s, const struct target *t, bool set_mode, mode_t mode)
{
	struct push *in = s->push;
	bool set_time = settle_keeps_time(s, S_IFDIR);
	char *path;

	if (in->pretend || (!set_time && !set_mode))
		return 0;
	if (!grow(&in->touches, sizeof *in->touches, in->n_touches, &in->cap_touches))
		return -ENOMEM;
	if ((path = strdup(t->path)) == NULL)
		return -ENOMEM;
	in->touches[in->n_touches++] = (struct touch){ path, { t->f->mtime, t->f->nsec }, mode, set_time, set_mode };
	return 0;
}

/* Make it; parents that the list does not name are made too where names are relative. */
static int
make_one_dir(struct session *s, const struct target *t, mode_t mode)
{
	int r = tree_mkdir(&s->push->tree, t->path, mode);

	if (r == -ENOENT && s->opt.relative && tree_mkparents(&s->push->tree, t->path, 0777 & ~s->grant.mask, NULL, NULL) >= 0)
		r = tree_mkdir(&s->push->tree, t->path, mode);
	return r == -EEXIST ? 0 : r;
}

static void
skip_contents(struct session *s, const struct target *t)
{
	snprintf(s->push->skip_below, sizeof s->push->skip_below, "%s", t->path);
	t->f->flags |= IN_SKIPPED;
}

static void
skip_failed(struct session *s, const struct target *t)
{
	session_tell(s, MSG_ERROR_XFER, "*** Skipping any contents from this failed directory ***\n");
	skip_contents(s, t);
}

/* The directory's attributes now; its time, and a mode that would lock us out, come at the end. */
static int
settle_dir(struct session *s, struct target *t, bool is_new)
{
	struct in_file now = *t->f;
	mode_t mode, work;

	if (s->push->pretend || s->push->no_tree)
		return 0;
	if (is_new && tree_lstat(&s->push->tree, t->path, &t->st) != 0)
		return 0;
	mode = settle_mode(s, t->f, is_new ? NULL : &t->st) | settle_inherited_bits(s, t->f, is_new ? &t->st : NULL);
	work = s->push->is_root ? mode : mode | 0700;
	now.mtime = t->st.st_mtim.tv_sec;
	now.nsec = (uint32_t)t->st.st_mtim.tv_nsec;
	if (work != mode)
		now.mode = (now.mode & ~(uint32_t)07777) | work;
	(void)settle_apply(s, &now, &s->push->tree, t->path, -1, &t->st, is_new);
	newmode_forget(s);	/* its default ACL may be another now */
	return touch_later(s, t, work != mode, mode);
}

/* Were the contents of this directory listed, so that what is not in the list is to go? */
static bool
has_contents(struct session *s, const struct in_file *f)
{
	char path[NAME_BYTES_MAX];
	size_t n = strlen(s->push->content_root);

	if (s->proto.version >= 30)
		return !(f->flags & IN_NO_CONTENT);
	inlist_path(f, path);
	if (f->flags & IN_TOP_DIR)
		snprintf(s->push->content_root, sizeof s->push->content_root, "%s", path);
	else if (!s->opt.recurse || n == 0 || (strcmp(s->push->content_root, ".") != 0 &&
	    (strncmp(path, s->push->content_root, n) != 0 || path[n] != '/')))
		return false;
	return true;
}

bool
generator_deletes_in(struct session *s, const struct in_file *f)
{
	return S_ISDIR(f->mode) && !(f->flags & (IN_DROPPED | IN_SKIPPED)) && s->push->rename_to[0] == '\0' && has_contents(s, f);
}

/* The item comes all the same, as with rsync. */
static int
dir_failed(struct session *s, struct target *t, int err)
{
	dest_failed(s, "generator", "recv_generator: mkdir", &s->push->tree, t->path, err);
	generator_item(s, t->ndx, ITEM_LOCAL_CHANGE | ITEM_IS_NEW | extras_of_new(s, t->f), NULL);
	skip_failed(s, t);
	return 0;
}

static int
do_directory(struct session *s, struct target *t)
{
	unsigned flags = ITEM_LOCAL_CHANGE | ITEM_IS_NEW;
	struct stat elsewhere;
	bool is_new;
	int r, alt;

	if (t->exists && !S_ISDIR(t->st.st_mode) && make_room(s, t) != 0) {
		skip_contents(s, t);
		return 0;
	}
	is_new = !t->exists || (s->push->made_top && strcmp(t->path, ".") == 0);
	if (!t->exists && !s->push->pretend) {
		mode_t mode = settle_mode(s, t->f, NULL) | (s->push->is_root ? 0 : 0700);

		if ((r = make_one_dir(s, t, s->root.fake ? fake_real_mode(S_IFDIR | mode) : mode & 01777)) != 0)
			return dir_failed(s, t, r);
	}
	if (!is_new)
		flags = settle_differs(s, t->f, &t->st) | extras_differ(s, t->f, &s->push->tree, t->path, &t->st);
	else if ((alt = altdest_find(s, t->f, t->path, &elsewhere)) >= 0)
		flags = ITEM_LOCAL_CHANGE | settle_differs(s, t->f, &elsewhere) |
		    extras_differ(s, t->f, &s->push->alt[alt], t->path, &elsewhere);
	else
		flags |= extras_of_new(s, t->f);
	generator_item(s, t->ndx, flags, NULL);
	return settle_dir(s, t, is_new);
}

/* --- links, devices, specials -------------------------------------------------------------------------- */

/* The target as it is stored: marked so that it leads nowhere where the module wants that. */
static bool
stored_target(const struct session *s, const char *link, char *dst, size_t size)
{
	return (size_t)snprintf(dst, size, "%s%s", s->grant.munge ? LINKS_MUNGED : "", link) < size;
}

static int
not_made(struct session *s, struct target *t, int err)
{
	char shown[2 * NAME_BYTES_MAX + 2];

	if (!S_ISLNK(t->f->mode))
		dest_failed(s, "generator", "mknod", &s->push->tree, t->path, err);
	else
		session_tell(s, MSG_ERROR_XFER, "rsync: [generator] symlink \"%s\" (in %s) -> \"%s\" failed: %s (%d)\n",
		    dest_shown(s, &s->push->tree, t->path, shown, sizeof shown), s->grant.module, t->f->extra->link, strerror(-err), -err);
	return FAILED;
}

static int
finish_node(struct session *s, struct target *t, unsigned flags, int r)
{
	struct stat now;

	if (r != 0)
		return not_made(s, t, r);
	if (!s->push->pretend && tree_lstat(&s->push->tree, t->path, &now) == 0)
		(void)settle_apply(s, t->f, &s->push->tree, t->path, -1, &now, true);
	generator_item(s, t->ndx, flags, NULL);
	generator_success(s, t->ndx);
	return DONE;
}

/* It is what it should be but perhaps for its attributes. */
static int
same_but_attributes(struct session *s, struct target *t)
{
	unsigned flags = settle_differs(s, t->f, &t->st) | extras_differ(s, t->f, &s->push->tree, t->path, &t->st);

	if (flags != 0 || s->opt.checksum || s->opt.acls || s->opt.xattrs)
		(void)settle_apply(s, t->f, &s->push->tree, t->path, -1, &t->st, false);
	if ((flags & REPORT_ACL) && !s->push->pretend)	/* rsync has set the ACL, and the mode with it, when it looks */
		flags &= ~(unsigned)REPORT_PERMS;
	if (flags == 0)
		generator_unchanged(s, t->path);
	else if (generator_says(s, 2) && !generator_itemises(s) && !s->push->pretend)
		session_tell(s, MSG_INFO, "%s\n", t->path);
	generator_item(s, t->ndx, flags, NULL);
	generator_success(s, t->ndx);
	return DONE;
}

/* What differs from the one that stands in tree; its time does where nobody asked for the old one. */
static unsigned
changed(struct session *s, const struct target *t, struct tree *tree, const struct stat *st)
{
	return settle_differs(s, t->f, st) | extras_differ(s, t->f, tree, t->path, st) |
	    (settle_keeps_time(s, t->f->mode) ? 0u : REPORT_TIME);
}

/* The same of a link or node that is made: from the one it replaces, or an alternate directory's of its kind. */
static unsigned
made(struct session *s, const struct target *t, bool replaces)
{
	struct stat st;
	int i;

	if (replaces)
		return changed(s, t, &s->push->tree, &t->st);
	if (!t->exists && (i = altdest_find(s, t->f, t->path, &st)) >= 0)
		return changed(s, t, &s->push->alt[i], &st);
	return ITEM_IS_NEW | extras_of_new(s, t->f);
}

static int
do_symlink(struct session *s, struct target *t)
{
	const char *link = t->f->extra == NULL ? NULL : t->f->extra->link;
	char want[NAME_BYTES_MAX + sizeof LINKS_MUNGED], has[sizeof want];
	unsigned flags = ITEM_LOCAL_CHANGE | REPORT_CHANGE;
	bool was_link = t->exists && S_ISLNK(t->st.st_mode);
	int r = 0;

	if (link == NULL || !stored_target(s, link, want, sizeof want))
		return FAILED;
	if (s->opt.safe_links && links_unsafe(link, t->f->dir)) {
		if (generator_says(s, 1))
			session_tell(s, MSG_INFO, "ignoring unsafe symlink \"%s\" -> \"%s\"\n", t->path, link);
		return FAILED;
	}
	/* a real link has no room for an owner (fake super): it is made anew, as rsync does */
	if (was_link && !(s->root.fake && tree_is_real_link(&s->push->tree, t->path)) &&
	    tree_readlink(&s->push->tree, t->path, has, sizeof has) >= 0 && strcmp(has, want) == 0)
		return same_but_attributes(s, t);
	if (!t->exists && s->opt.n_alt > 0 && (r = altdest_node(s, t->ndx, t->f, t->path, want, 0)) != 0)
		return r;
	flags |= made(s, t, was_link);
	if (t->exists && (!was_link || s->opt.backup) && make_room(s, t) != 0)
		return FAILED;
	if (!s->push->pretend)
		r = tree_symlink(&s->push->tree, want, t->path, t->exists);
	return finish_node(s, t, flags, r);
}

static bool
is_device(uint32_t mode)
{
	return S_ISCHR(mode) || S_ISBLK(mode);
}

static int
do_node(struct session *s, struct target *t)
{
	const struct in_extra *x = t->f->extra;
	dev_t dev = is_device(t->f->mode) && x != NULL ? makedev(x->rdev_major, x->rdev_minor) : 0;
	unsigned flags = ITEM_LOCAL_CHANGE | REPORT_CHANGE;
	bool same_kind = t->exists && (t->st.st_mode & S_IFMT) == (t->f->mode & S_IFMT);
	int r = 0;

	if (same_kind && (!is_device(t->f->mode) || t->st.st_rdev == dev))
		return same_but_attributes(s, t);
	if (!t->exists && s->opt.n_alt > 0 && (r = altdest_node(s, t->ndx, t->f, t->path, NULL, dev)) != 0)
		return r;
	flags |= made(s, t, same_kind);
	if (t->exists && (!same_kind || s->opt.backup) && make_room(s, t) != 0)
		return FAILED;
	if (!s->push->pretend)
		r = tree_mknod(&s->push->tree, t->path, (t->f->mode & S_IFMT) | (settle_mode(s, t->f, NULL) & 0777), dev, t->exists);
	return finish_node(s, t, flags, r);
}

/* --- requests ------------------------------------------------------------------------------------------ */

static int
want_push(struct session *s, const struct want *w)
{
	struct wants *q = &s->push->wants;
	size_t cap = q->cap == 0 ? 64 : q->cap * 2;
	struct want *v;

	if (q->n >= WANTS_MAX)
		return E_LIMIT;
	if (q->n == q->cap) {
		if ((v = calloc(cap, sizeof *v)) == NULL)
			return -ENOMEM;
		for (size_t i = 0; i < q->n; i++)
			v[i] = q->v[(q->head + i) & (q->cap - 1)];
		free(q->v);
		q->v = v;
		q->cap = cap;
		q->head = 0;
	}
	q->v[(q->head + q->n++) & (q->cap - 1)] = *w;
	return 0;
}

/* Which file's sums go with a request. */
struct basis {
	uint8_t kind;
	int fd;			/* -1: none */
	int64_t size;
	mode_t mode;
	const char *xname;	/* of a similar file */
};

/* Does the client take the sum head for what it need not send?  Then no file but the destination may be the
 * basis: rsync, which takes others, leaves holes where their data should be. */
static bool
appends(const struct session *s, const struct target *t)
{
	return !t->redo && options_appends(&s->opt);
}

static int
request(struct session *s, const struct target *t, unsigned flags, struct basis *b)
{
	struct asking *a = &s->push->asking;
	struct want w = { .ndx = t->ndx, .basis = b->kind, .replaces = t->exists, .mode = t->exists ? t->st.st_mode : b->mode,
	    .basis_size = b->fd >= 0 ? b->size : 0 };
	struct item it = { .basis = b->kind, .xname = b->xname == NULL ? "" : b->xname };
	int r;

	it.xname_len = strlen(it.xname);
	flags |= ITEM_TRANSFER | (b->kind != FROM_DEST ? ITEM_BASIS_TYPE_FOLLOWS : 0u) | (it.xname_len > 0 ? ITEM_XNAME_FOLLOWS : 0u);
	it.flags = (uint16_t)flags;
	ndx_put(peer_out(&s->peer), s->proto.version, &s->ndx_out, t->ndx);
	if (s->proto.version >= 29)
		item_put(peer_out(&s->peer), &it);
	extras_ask(s, t->ndx, t->f, flags);
	if (s->opt.dry_run)
		return DONE;	/* nothing will come, and other names are shown as linked */
	if (it.xname_len > 0 && (w.xname = strdup(it.xname)) == NULL)
		return -ENOMEM;
	if (!s->push->pretend) {
		if ((r = want_push(s, &w)) != 0) {
			free(w.xname);
			return r;
		}
		push_pending(s, t->ndx, 1);
	}
	a->head = (struct sum_head){ 0, 0, 0, 0 };
	if (b->fd >= 0)
		sums_plan(b->size, s->proto.version, s->opt.block_size, strong_len(s->proto.xfer_sum), t->redo, &a->head);
	sum_head_put(peer_out(&s->peer), &a->head);
	if (b->fd >= 0 && a->head.count > 0 && !appends(s, t)) {
		a->fd = b->fd;
		a->at = 0;
		b->fd = -1;
	}
	return s->push->pretend ? DONE : ASKED;
}

/* A stretch of sums of the basis. */
static int
asking_step(struct session *s)
{
	struct asking *a = &s->push->asking;
	struct buf *out = peer_out(&s->peer);
	size_t block = (size_t)a->head.block, run = block < TAKE_BUFFER ? TAKE_BUFFER / block * block : block;
	uint8_t sum[DIGEST_MAX];

	if (a->size < run) {
		free(a->block);
		a->size = run;
		if ((a->block = malloc(run)) == NULL)
			return -ENOMEM;
	}
	basis_read(a->fd, a->block, run, (int64_t)a->at * (int64_t)block);
	for (size_t at = 0; at < run && a->at < a->head.count; at += block, a->at++) {
		bool last = a->at == a->head.count - 1 && a->head.tail > 0;
		size_t len = last ? (size_t)a->head.tail : block;
		struct rolling weak = rolling_of(a->block + at, len);

		strong_block(s->push->block_sum, a->block + at, len, sum);
		buf_le32(out, rolling_value(&weak));
		buf_put(out, sum, (size_t)a->head.digest);
	}
	if (a->at == a->head.count) {
		close(a->fd);
		a->fd = -1;
	}
	return out->err != 0 ? out->err : 1;
}

/* --- regular files ---------------------------------------------------------------------------------------- */

/* Why a file is not looked at any further; NULL: it is. */
static const char *
passed_over(const struct session *s, const struct target *t)
{
	const struct options *o = &s->opt;

	if (o->max_size != OPTION_UNSET && t->f->size > o->max_size)
		return "is over max-size";
	if (o->min_size != OPTION_UNSET && t->f->size < o->min_size)
		return "is under min-size";
	if (o->update && t->exists && S_ISREG(t->st.st_mode) && !settle_same_time(s, t->f, &t->st) &&
	    t->st.st_mtim.tv_sec >= t->f->mtime)
		return "is newer";
	return NULL;
}

static bool
uses_deltas(const struct session *s)
{
	return !s->opt.whole_file && s->proto.xfer_sum != SUM_NONE;
}

static void
open_basis(struct session *s, struct tree *in, const char *path, uint8_t kind, struct basis *b)
{
	struct stat st;
	bool wanted = uses_deltas(s) || options_appends(&s->opt);

	*b = (struct basis){ .kind = kind, .fd = -1 };
	if (!wanted || s->push->no_tree)
		return;
	if ((b->fd = tree_open_file(in, path, O_RDONLY, &st)) < 0)
		b->fd = -1;
	else
		b->size = st.st_size;
}

/* Will what is there be written to? */
static bool
overwrites(const struct session *s, const struct target *t)
{
	return t->exists && !s->push->pretend && (s->opt.inplace || options_appends(&s->opt));
}

static int
ask_for_data(struct session *s, struct target *t, unsigned flags)
{
	char partial[TREE_PATH_SIZE], path[TREE_PATH_SIZE];
	struct tree *in = &s->push->tree, *at;
	struct stat pst;
	struct basis b;
	uint8_t kind = FROM_DEST;
	int r;

	snprintf(path, sizeof path, "%s", t->path);
	if (!appends(s, t) && !s->push->no_tree && dest_partial(s, t->path, &at, partial) && tree_lstat(at, partial, &pst) == 0 &&
	    S_ISREG(pst.st_mode) && !t->redo) {
		kind = FROM_PARTIAL;
		in = at;
		snprintf(path, sizeof path, "%s", partial);
	} else if (overwrites(s, t) && s->opt.backup && !t->redo) {	/* a copy goes away first, and is the basis */
		if ((r = dest_backup_copy(s, t->path, &t->st)) != 0) {
			dest_failed(s, "generator", "backup of", &s->push->tree, t->path, r);
			return FAILED;
		}
		kind = FROM_BACKUP;
	}
	if (kind == FROM_DEST && !t->exists) {
		struct stat st = { .st_size = 0 };

		if (appends(s, t) || !altdest_basis(s, t->f, t->path, &b.kind, &b.fd, &st, &b.xname))
			b = (struct basis){ .kind = FROM_DEST, .fd = -1 };
		else if (b.kind < FROM_DEST)	/* shown as a change of what is there */
			flags = settle_differs(s, t->f, &st) | (s->opt.times ? 0u : REPORT_TIME) | (s->opt.checksum ? REPORT_CHANGE : 0u) |
			    extras_differ(s, t->f, &s->push->alt[b.kind], t->path, &st);
		b.size = st.st_size;
		b.mode = st.st_mode;
	} else {
		open_basis(s, in, path, kind, &b);
	}
	r = request(s, t, flags, &b);
	if (b.fd >= 0)
		close(b.fd);
	return r;
}

static int
do_file(struct session *s, struct target *t)
{
	unsigned flags = ITEM_IS_NEW;
	const char *why = t->redo ? NULL : passed_over(s, t);
	int r;

	if (why != NULL) {
		if (generator_says(s, 2))
			session_tell(s, MSG_INFO, "%s %s\n", t->path, why);
		return FAILED;
	}
	if (t->exists && !S_ISREG(t->st.st_mode) && make_room(s, t) != 0)
		return FAILED;
	if (!t->redo && s->opt.n_alt > 0 && (r = altdest_try(s, t->ndx, t->f, t->path, t->exists ? &t->st : NULL)) != 0)
		return r;
	if (t->exists && !t->redo && settle_same_content(s, t->f, &s->push->tree, t->path, &t->st))
		return same_but_attributes(s, t);
	if (t->exists && appends(s, t) && t->st.st_size >= t->f->size)
		return DONE;
	if (t->exists) {
		flags = settle_differs(s, t->f, &t->st) | (s->opt.checksum ? REPORT_CHANGE : 0u) |
		    extras_differ(s, t->f, &s->push->tree, t->path, &t->st);
		if (!s->opt.times)
			flags |= REPORT_TIME;
	} else {
		flags |= (s->opt.checksum ? REPORT_CHANGE : 0u) | extras_of_new(s, t->f);
	}
	return ask_for_data(s, t, flags);
}

/* --- the order of decisions --------------------------------------------------------------------------------- */

static bool
below_skipped(const struct session *s, const char *path)
{
	size_t n = strlen(s->push->skip_below);

	return n > 0 && strncmp(path, s->push->skip_below, n) == 0 && path[n] == '/';
}

static bool
refused(struct session *s, const struct target *t)
{
	if (!dest_hidden(s, &s->push->tree, t->path, S_ISDIR(t->f->mode)))
		return false;
	session_tell(s, MSG_ERROR_XFER, "ERROR: daemon refused to receive %s \"%s\"\n",
	    S_ISDIR(t->f->mode) ? "directory" : "file", t->path);
	return true;
}

static int
look(struct session *s, struct target *t)
{
	int r;

	if (s->push->no_tree) {
		t->exists = false;
		return 0;
	}
	r = S_ISDIR(t->f->mode) ? tree_stat_dir(&s->push->tree, t->path, &t->st) : tree_lstat(&s->push->tree, t->path, &t->st);
	t->exists = r == 0;
	if (r == 0 || r == -ENOENT || ((r == -ENOTDIR || r == -ELOOP) && s->push->pretend))
		return 0;	/* a dry run left what stands in the way */
	dest_cannot(s, "generator", "recv_generator: failed to stat", &s->push->tree, t->path, r);
	return r;
}

static int
do_missing(struct session *s, struct target *t)
{
	int r = t->exists && remove_allowed(s) ? remove_named(s, t->path, &t->st) : 0;

	return r < 0 ? r : FAILED;
}

/* The kind of entry decides who goes on. */
static int
dispatch(struct session *s, struct target *t)
{
	const struct options *o = &s->opt;
	uint32_t mode = t->f->mode;
	char path[NAME_BYTES_MAX];

	if (S_ISREG(mode))
		return do_file(s, t);
	if (S_ISLNK(mode) && o->links)
		return do_symlink(s, t);
	if (is_device(mode) && o->devices && s->push->is_root)
		return do_node(s, t);
	if ((S_ISFIFO(mode) || S_ISSOCK(mode)) && o->specials)
		return do_node(s, t);
	inlist_path(t->f, path);
	session_tell(s, MSG_INFO, "skipping non-regular file \"%s\"\n", path);
	return FAILED;
}

/* What may keep an entry from being handled at all.  GO_ON where nothing does. */
static int
consider(struct session *s, struct target *t)
{
	const struct options *o = &s->opt;
	bool implied = (t->f->flags & (IN_TOP_DIR | IN_NO_CONTENT)) == (IN_TOP_DIR | IN_NO_CONTENT);

	dest_path(s, t->f, t->path);
	if (below_skipped(s, t->path))
		return FAILED;
	if (refused(s, t)) {
		if (S_ISDIR(t->f->mode))
			skip_failed(s, t);
		return FAILED;
	}
	if (implied && S_ISDIR(t->f->mode) && o->relative && o->no_implied_dirs)
		return FAILED;
	if (look(s, t) != 0) {
		if (S_ISDIR(t->f->mode))
			skip_contents(s, t);
		return FAILED;
	}
	if (t->f->flags & IN_MISSING)
		return do_missing(s, t);
	if (!t->redo && o->existing && !t->exists) {
		if (generator_says(s, 2))
			session_tell(s, MSG_INFO, "not creating new %s \"%s\"\n", S_ISDIR(t->f->mode) ? "directory" : "file", t->path);
		if (S_ISDIR(t->f->mode) && strcmp(t->path, ".") != 0)
			skip_contents(s, t);
		return FAILED;
	}
	if (!t->redo && o->ignore_existing && t->exists && !(S_ISDIR(t->f->mode) && S_ISDIR(t->st.st_mode))) {
		if (generator_says(s, 2))
			session_tell(s, MSG_INFO, "%s exists\n", t->path);
		return FAILED;
	}
	return GO_ON;
}

/* An entry that goes on, to its end unless it was asked for. */
static int
carry_out(struct session *s, struct target *t)
{
	int r = dispatch(s, t);

	return r == DONE || r == FAILED ? linknames_end(s, t->f, r == DONE ? t->path : NULL) : r < 0 ? r : 0;
}

static void
target_set(struct target *t, int32_t ndx, struct in_file *f, bool redo)
{
	t->f = f;	/* it is big: only what is read is set */
	t->ndx = ndx;
	t->redo = redo;
}

static int
decide(struct session *s, struct target *t)
{
	int r = consider(s, t);

	if (S_ISDIR(t->f->mode))
		return r == GO_ON ? do_directory(s, t) : r < 0 ? r : 0;
	if (r != GO_ON)
		return r < 0 ? r : linknames_pass(s, t->f);
	r = linknames_enter(s, t->ndx, t->f, t->path, t->exists);
	return r == LINKNAMES_GO ? carry_out(s, t) : r < 0 ? r : 0;
}

static int
look_at_entry(struct session *s, int32_t ndx, struct in_file *f)
{
	struct target t;

	target_set(&t, ndx, f, false);
	return f->flags & IN_DROPPED ? 0 : decide(s, &t);
}

/* What was looked at before, and is now handled: it waited for another name of its file, or comes a second time. */
static int
again(struct session *s, int32_t ndx, struct in_file *f, bool redo)
{
	struct target t;
	int r;

	target_set(&t, ndx, f, redo);
	r = consider(s, &t);
	if (r == GO_ON)
		return carry_out(s, &t);
	return r < 0 ? r : linknames_end(s, f, NULL);
}

int
generator_released(struct session *s, int32_t ndx, struct in_file *f)
{
	return again(s, ndx, f, false);
}

int
generator_redo(struct session *s, int32_t ndx)
{
	int32_t dir;
	struct in_file *f = inlist_find(&s->push->list, ndx, &dir);

	return f == NULL ? 0 : again(s, ndx, f, true);
}

static bool
is_top(const struct in_file *f)
{
	return S_ISDIR(f->mode) && strcmp(f->name, ".") == 0 && f->dir[0] == '\0';
}

/* The directory that an incremental segment lists, under the number of the gap before it. */
static int
enter_segment(struct session *s, const struct in_segment *seg)
{
	struct in_file *f;

	if (!s->push->list.incremental)
		return 0;
	if ((f = inlist_dir(&s->push->list, seg->dir)) == NULL && seg->n > 0 && is_top(&seg->files[0]))
		f = &seg->files[0];
	return f == NULL ? 0 : look_at_entry(s, seg->first - 1, f);
}

static int
next_entry(struct session *s, struct in_segment *seg)
{
	struct push *in = s->push;
	struct in_file *f;
	int32_t ndx;
	int r;

	if (in->at == 0 && !in->entered) {
		in->entered = true;
		if ((r = enter_segment(s, seg)) != 0)
			return r;
		if (in->list.incremental && (r = remove_during_segment(s, seg)) != 0)
			return r;
	}
	if (in->at == seg->n) {
		in->seg++;
		in->at = 0;
		in->entered = false;
		return 1;
	}
	f = &seg->files[in->at];
	ndx = inlist_ndx(&in->list, seg, in->at++);
	/* incrementally, a directory is dealt with when its own segment is */
	r = in->list.incremental && S_ISDIR(f->mode) ? 0 : look_at_entry(s, ndx, f);
	if (r == 0 && !in->list.incremental)
		r = remove_during(s, seg, f);
	return r == 0 ? 1 : r;
}

void
generator_begin(struct session *s)
{
	if (generator_says(s, 2))
		session_tell(s, MSG_INFO, "delta-transmission %s\n", s->opt.whole_file ?
		    "disabled for local transfer or --whole-file" : "enabled");
}

int
generator_step(struct session *s)
{
	struct push *in = s->push;
	int r;

	if (in->asking.fd >= 0)
		return asking_step(s);
	if ((r = linknames_step(s)) != 0)
		return r;
	if (in->seg >= in->list.n_segments || !in->list.segments[in->seg]->complete)
		return 0;
	return next_entry(s, in->list.segments[in->seg]);
}
