/* Reading the client's file list: entries, ends, names of ids (rsync-wire 5). */
#include "syncd/push/flist_recv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"
#include "syncd/delta/strong.h"
#include "syncd/policy/symlink_safety.h"
#include "syncd/push/hardlink_make.h"
#include "syncd/push/push.h"
#include "syncd/push/xattr_recv.h"
#include "syncd/wire/int.h"

struct flist_recv {
	struct flist_form form;
	struct flist_state flist_state;
	struct flist_entry *entry;	/* being decoded */
	int64_t total_size;	/* bytes of the files and symlinks so far */
	bool list_done;		/* the (first) list is complete */
	enum { IDS_USERS, IDS_GROUPS, IDS_ERROR, IDS_DONE } trailer;
	bool eof_seen;		/* no more segments */
	bool segment_open;	/* one is being read */
};

static void
unknown_user(void *arg, const char *name)
{
	session_tell(arg, MSG_ERROR, "Unknown --usermap name on receiver: %s\n", name);
}

static void
unknown_group(void *arg, const char *name)
{
	session_tell(arg, MSG_ERROR, "Unknown --groupmap name on receiver: %s\n", name);
}

static int
open_maps(struct session *s)
{
	const struct { struct ids *ids; const char *text, *option; } maps[] = {
		{ &s->push->uid_map, s->opt.usermap, "usermap" }, { &s->push->gid_map, s->opt.groupmap, "groupmap" } };
	char bad[128];
	int r = 0;

	for (size_t i = 0; i < ARRAY_LEN(maps) && r == 0; i++)
		if (maps[i].text != NULL && (r = ids_rules(maps[i].ids, maps[i].text,
		    i == 0 ? unknown_user : unknown_group, s, bad)) == E_FORMAT) {
			session_fail(s, RERR_SYNTAX, "rsync: --%s has an entry that is not understood: %s", maps[i].option, bad);
			return 1;
		}
	return r;
}

int
flist_recv_begin(struct session *s)
{
	const struct options *o = &s->opt;
	struct push *p = s->push;
	struct flist_recv *in = p->flist = calloc(1, sizeof *in);
	int names_fd = s->grant.numeric_ids ? -1 : s->monitor_fd, r;

	if (in == NULL || (in->entry = malloc(sizeof *in->entry)) == NULL)
		return -ENOMEM;
	flist_in_init(&p->list, s->proto.version, (s->proto.compat & CF_INC_RECURSE) != 0, o->relative > 0);
	p->list.missing_ok = o->delete_missing > 0;
	p->list.wire_order = s->converts;
	ids_init(&p->uid_map, names_fd, 'u');
	ids_init(&p->gid_map, names_fd, 'g');
	p->uid_map.numeric = p->gid_map.numeric = o->numeric_ids > 0 || s->grant.numeric_ids;
	in->form = (struct flist_form){
		.version = s->proto.version, .compat = s->proto.compat, .uid = o->owner > 0, .gid = o->group > 0,
		.links = o->links > 0, .devices = o->devices > 0, .specials = o->specials > 0,
		.hard_links = o->hard_links > 0, .atimes = o->atimes > 0, .crtimes = o->crtimes > 0, .missing = o->delete_missing > 0,
		.sum_len = o->checksum > 0 ? strong_len(s->proto.list_sum) : 0,
	};
	if (o->hard_links > 0 && (p->hardlinks = hardlinks_new(p->list.incremental)) == NULL)
		return -ENOMEM;
	return (r = open_maps(s)) != 0 ? r : flist_in_begin(&p->list, -1);
}

void
flist_recv_end(struct session *s)
{
	struct push *p = s->push;

	if (p->flist == NULL)
		return;
	hardlinks_free(p->hardlinks);
	ids_done(&p->uid_map);
	ids_done(&p->gid_map);
	flist_in_done(&p->list);
	free(p->flist->entry);
	free(p->flist);
	p->flist = NULL;
}

int
flist_recv_segment(struct session *s, int32_t dir)
{
	int r;

	if (!s->push->list.incremental || s->push->flist->eof_seen)
		return E_FORMAT;
	if ((r = flist_in_begin(&s->push->list, dir)) == 0)
		s->push->flist->segment_open = true;
	return r;
}

/* What an abbreviated entry is the same as, for the state of the decoder. */
static struct entry
entry_like(const struct flist_file *f)
{
	return (struct entry){ .mtime = f->mtime, .nsec = f->nsec, .mode = f->mode, .uid = f->uid, .gid = f->gid,
	    .atime = f->extra->atime, .rdev_major = f->extra->rdev_major, .rdev_minor = f->extra->rdev_minor };
}

/* Modules that are neither jails nor munge their links store them so that they stay inside (rsyncd-conf 6). */
static void
confine_link(struct flist_entry *e)
{
	char dir[TREE_PATH_SIZE];

	dest_dir_of(e->path, dir);
	symlink_confine(e->link, dir);
}

/* What has no name in the module's character set is left out, and as with all that went wrong at the client nothing
 * is deleted then. */
static bool
to_our_charset(struct session *s, struct flist_entry *e)
{
	char text[NAME_BYTES_MAX];
	const char *what = "filename";
	int r = charset_from_wire(s->charset, e->path, text, sizeof text);

	if (r == 0) {
		memcpy(e->path, text, strlen(text) + 1);
		if (e->e.link == NULL || !session_converts_links(s))
			return true;
		what = "symlink data for";
		if ((r = charset_from_wire(s->charset, e->link, text, sizeof text)) == 0) {
			memcpy(e->link, text, strlen(text) + 1);
			return true;
		}
	}
	s->io_error |= IOERR_GENERAL;
	session_tell(s, MSG_ERROR_XFER, "[Receiver] cannot convert %s: %s (%s)\n", what, e->path, strerror(-r));
	return false;
}

static int
take_entry(struct session *s)
{
	struct flist_entry *e = s->push->flist->entry;
	struct flist_file *f;
	const struct flist_file *first;
	struct entry like;
	bool named = !s->converts || to_our_charset(s, e);
	int r;

	if (s->grant.confine_links && e->e.link != NULL)
		confine_link(e);
	if ((r = flist_in_add(&s->push->list, e, s->push->flist->form.sum_len, &f, &first)) != 0)
		return r;
	f->flags |= named ? 0u : IN_DROPPED;
	if ((S_ISREG(f->mode) || S_ISLNK(f->mode)) && f->size <= INT64_MAX - s->push->flist->total_size)
		s->push->flist->total_size += f->size;
	if (s->chmod != NULL && !S_ISLNK(f->mode) && f->mode != 0)
		f->mode = (f->mode & S_IFMT) | chmod_apply(s->chmod, f->mode & 07777, S_ISDIR(f->mode), s->grant.mask);
	if (first != NULL) {
		like = entry_like(first);
		flist_follow(&s->push->flist->form, &s->push->flist->flist_state, &like);
		xattr_expect(s, f->mode);
		return 0;
	}
	if (e->e.user != NULL)
		r = ids_learn(&s->push->uid_map, f->uid, e->e.user);
	if (r == 0 && e->e.group != NULL)
		r = ids_learn(&s->push->gid_map, f->gid, e->e.group);
	xattr_expect(s, f->mode);
	return r;
}

/* Entries up to the end of the list.  0 at its end. */
static int
read_entries(struct session *s)
{
	struct flist_segment *seg = s->push->list.segments[s->push->list.n_segments - 1];
	enum flist_item item;
	int32_t io_error = 0;
	int r;

	for (;;) {
		struct cursor c;

		if (seg->n > 0 && (r = xattr_read(s, &seg->files[seg->n - 1])) != 0)
			return r;
		c = peer_unread(&s->peer);
		r = flist_get(&c, &s->push->flist->form, &s->push->flist->flist_state, s->push->flist->entry, seg->first, &item, &io_error);
		if (r != 0)
			return r;
		if (item == FLIST_END) {
			peer_consume(&s->peer, &c);
			s->io_error |= io_error;
			return 0;
		}
		if ((r = take_entry(s)) != 0)
			return r;
		peer_consume(&s->peer, &c);
	}
}

/* "id name" pairs, ended by 0 (and its name).  0 at the end. */
static int
read_ids(struct session *s, struct ids *t)
{
	char name[256];
	uint32_t id;
	bool end = false;
	int r;

	while (!end) {
		struct cursor c = peer_unread(&s->peer);

		if ((r = idlist_get(&c, &s->push->flist->form, &id, name, &end)) != 0)
			return r;
		peer_consume(&s->peer, &c);
		if (!end || name[0] != '\0')
			r = ids_learn(t, id, name);
		if (r != 0)
			return r;
	}
	return 0;
}

/* What follows the complete list: names of uid_map and groups, and at old protocols the errors. */
static int
read_trailer(struct session *s)
{
	bool names = !s->push->list.incremental && s->opt.numeric_ids == 0;
	struct cursor c;
	int r = 0;

	if (s->push->flist->trailer == IDS_USERS) {
		if (names && (s->opt.owner || s->opt.acls) && (r = read_ids(s, &s->push->uid_map)) != 0)
			return r;
		s->push->flist->trailer = IDS_GROUPS;
	}
	if (s->push->flist->trailer == IDS_GROUPS) {
		if (names && (s->opt.group || s->opt.acls) && (r = read_ids(s, &s->push->gid_map)) != 0)
			return r;
		s->push->flist->trailer = IDS_ERROR;
	}
	if (s->push->flist->trailer == IDS_ERROR && s->proto.version < 30) {
		c = peer_unread(&s->peer);
		s->io_error |= (int)(cur_le32(&c) & IOERR_KNOWN);
		if (c.err != 0)
			return c.err;
		peer_consume(&s->peer, &c);
	}
	s->push->flist->trailer = IDS_DONE;
	return 0;
}

int
flist_recv_more(struct session *s)
{
	int r;

	if (!s->push->list.segments[s->push->list.n_segments - 1]->complete) {
		if ((r = read_entries(s)) != 0 || (r = flist_in_end(&s->push->list)) != 0)
			return r;
		if ((r = hardlink_count(s, s->push->list.segments[s->push->list.n_segments - 1])) != 0)
			return r;
	}
	if (!s->push->flist->list_done && (r = read_trailer(s)) != 0)
		return r;
	s->push->flist->list_done = true;
	s->push->flist->segment_open = false;
	return 0;
}

bool
flist_recv_open(const struct session *s)
{
	return s->push->flist->segment_open;
}

bool
flist_recv_first_done(const struct session *s)
{
	return s->push->flist->list_done;
}

int
flist_recv_eof(struct session *s)
{
	if (!s->push->list.incremental || s->push->flist->eof_seen)
		return E_FORMAT;
	s->push->flist->eof_seen = true;
	return 0;
}

bool
flist_recv_all(const struct session *s)
{
	return !s->push->list.incremental || s->push->flist->eof_seen;
}

int64_t
flist_recv_total_size(const struct session *s)
{
	return s->push->flist->total_size;
}
