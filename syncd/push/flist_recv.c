/* Reading the client's file list: entries, ends, names of ids (rsync-wire 5). */
#include "syncd/push/intake.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"
#include "syncd/policy/symlink_safety.h"
#include "syncd/wire/int.h"

static int
open_sums(struct session *s)
{
	struct push *in = s->push;
	int r = strong_new(s->proto.xfer_sum, s->proto.seed, (s->proto.compat & CF_CHKSUM_SEED_FIX) != 0, &in->block_sum);

	if (r == 0 && s->opt.checksum) {
		if ((s->push->list_chunk = malloc(TAKE_BUFFER)) == NULL)
			return -ENOMEM;
		r = strong_new(s->proto.list_sum, 0, 0, &s->push->list_sum);
	}
	return r;
}

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
		{ &s->push->users, s->opt.usermap, "usermap" }, { &s->push->groups_map, s->opt.groupmap, "groupmap" } };
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
intake_new(struct session *s)
{
	const struct options *o = &s->opt;
	struct push *in = calloc(1, sizeof *in);
	int names_fd = s->grant.numeric_ids ? -1 : s->monitor_fd, r;

	session_log(s, "receiving file list");
	if ((s->push = in) == NULL || (in->entry = malloc(sizeof *in->entry)) == NULL)
		return -ENOMEM;
	in->tree = in->temp = in->partial = in->backup = (struct tree)TREE_INIT;
	for (size_t i = 0; i < ALT_DEST_MAX; i++)
		in->alt[i] = (struct tree)TREE_INIT;
	in->take.fd = in->take.basis_fd = in->asking.fd = -1;
	in->swept[0] = '/';
	in->is_root = s->grant.uid == 0 || s->grant.fake_super;
	in->pretend = o->dry_run > 0 || o->only_write_batch != NULL;
	inlist_init(&in->list, s->proto.version, (s->proto.compat & CF_INC_RECURSE) != 0, o->relative > 0);
	in->list.missing_ok = o->delete_missing > 0;
	in->list.wire_order = s->converts;
	ids_init(&in->users, names_fd, 'u');
	ids_init(&in->groups_map, names_fd, 'g');
	in->users.numeric = in->groups_map.numeric = o->numeric_ids > 0 || s->grant.numeric_ids;
	s->root = (struct root){ s->grant.root_fd, s->grant.fake_super };
	s->push->form = (struct flist_form){
		.version = s->proto.version, .compat = s->proto.compat, .uid = o->owner > 0, .gid = o->group > 0,
		.links = o->links > 0, .devices = o->devices > 0, .specials = o->specials > 0,
		.hard_links = o->hard_links > 0, .atimes = o->atimes > 0, .crtimes = o->crtimes > 0, .missing = o->delete_missing > 0,
		.sum_len = o->checksum > 0 ? strong_len(s->proto.list_sum) : 0,
	};
	if (s->method != SQUEEZE_NONE && (r = expand_new(s->method, receiver_literal, s, &in->expand)) != 0)
		return r;
	if (o->hard_links > 0 && (in->hardlinks = hardlinks_new(in->list.incremental)) == NULL)
		return -ENOMEM;
	if ((r = extras_begin(s)) != 0 || (r = open_sums(s)) != 0 || (r = open_maps(s)) != 0)
		return r;
	return inlist_begin(&in->list, -1);
}

static void
asking_done(struct asking *a)
{
	if (a->fd >= 0)
		close(a->fd);
	free(a->block);
}

void
intake_free(struct session *s)
{
	struct push *in = s->push;

	if (in == NULL)
		return;
	receiver_abort(s);
	remove_done(s);
	asking_done(&in->asking);
	hardlinks_free(in->hardlinks);
	for (size_t i = 0; i < in->wants.n; i++)
		free(in->wants.v[(in->wants.head + i) & (in->wants.cap - 1)].xname);
	free(in->wants.v);
	for (size_t i = 0; i < in->n_touches; i++)
		free(in->touches[i].path);
	free(in->touches);
	free(in->redo);
	free(in->delayed);
	ids_done(&in->users);
	ids_done(&in->groups_map);
	inlist_done(&in->list);
	extras_end(s);
	strong_free(in->block_sum);
	strong_free(in->list_sum);
	free(in->list_chunk);
	expand_free(in->expand);
	for (size_t i = 0; i < ALT_DEST_MAX; i++)
		tree_done(&in->alt[i]);
	tree_done(&in->backup);
	tree_done(&in->temp);
	tree_done(&in->partial);
	tree_done(&in->tree);
	free(in->entry);
	free(in);
	s->push = NULL;
}

int
intake_segment(struct session *s, int32_t dir)
{
	struct push *in = s->push;
	int r;

	if (!in->list.incremental || in->eof_seen)
		return E_FORMAT;
	if ((r = inlist_begin(&in->list, dir)) == 0)
		in->segment_open = true;
	return r;
}

/* What an abbreviated entry is the same as, for the state of the decoder. */
static struct entry
entry_like(const struct in_file *f)
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
	links_confine(e->link, dir);
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
	struct flist_entry *e = s->push->entry;
	struct in_file *f;
	const struct in_file *first;
	struct entry like;
	bool named = !s->converts || to_our_charset(s, e);
	int r;

	if (s->grant.confine_links && e->e.link != NULL)
		confine_link(e);
	if ((r = inlist_add(&s->push->list, e, s->push->form.sum_len, &f, &first)) != 0)
		return r;
	f->flags |= named ? 0u : IN_DROPPED;
	if ((S_ISREG(f->mode) || S_ISLNK(f->mode)) && f->size <= INT64_MAX - s->push->total_size)
		s->push->total_size += f->size;
	if (s->chmod != NULL && !S_ISLNK(f->mode) && f->mode != 0)
		f->mode = (f->mode & S_IFMT) | chmod_apply(s->chmod, f->mode & 07777, S_ISDIR(f->mode), s->grant.mask);
	if (first != NULL) {
		like = entry_like(first);
		flist_follow(&s->push->form, &s->push->flist_state, &like);
		extras_expect(s, f->mode);
		return 0;
	}
	if (e->e.user != NULL)
		r = ids_learn(&s->push->users, f->uid, e->e.user);
	if (r == 0 && e->e.group != NULL)
		r = ids_learn(&s->push->groups_map, f->gid, e->e.group);
	extras_expect(s, f->mode);
	return r;
}

/* Entries up to the end of the list.  0 at its end. */
static int
read_entries(struct session *s)
{
	struct in_segment *seg = s->push->list.segments[s->push->list.n_segments - 1];
	enum flist_item item;
	int32_t io_error = 0;
	int r;

	for (;;) {
		struct cursor c;

		if (s->push->due != DUE_NOTHING && (r = extras_read(s, &seg->files[seg->n - 1])) != 0)
			return r;
		c = peer_unread(&s->peer);
		r = flist_get(&c, &s->push->form, &s->push->flist_state, s->push->entry, seg->first, &item, &io_error);
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

		if ((r = idlist_get(&c, &s->push->form, &id, name, &end)) != 0)
			return r;
		peer_consume(&s->peer, &c);
		if (!end || name[0] != '\0')
			r = ids_learn(t, id, name);
		if (r != 0)
			return r;
	}
	return 0;
}

/* What follows the complete list: names of users and groups, and at old protocols the errors. */
static int
read_trailer(struct session *s)
{
	struct push *in = s->push;
	bool names = !in->list.incremental && s->opt.numeric_ids == 0;
	struct cursor c;
	int r = 0;

	if (in->trailer == IDS_USERS) {
		if (names && (s->opt.owner || s->opt.acls) && (r = read_ids(s, &in->users)) != 0)
			return r;
		in->trailer = IDS_GROUPS;
	}
	if (in->trailer == IDS_GROUPS) {
		if (names && (s->opt.group || s->opt.acls) && (r = read_ids(s, &in->groups_map)) != 0)
			return r;
		in->trailer = IDS_ERROR;
	}
	if (in->trailer == IDS_ERROR && s->proto.version < 30) {
		c = peer_unread(&s->peer);
		s->io_error |= (int)(cur_le32(&c) & IOERR_KNOWN);
		if (c.err != 0)
			return c.err;
		peer_consume(&s->peer, &c);
	}
	in->trailer = IDS_DONE;
	return 0;
}

int
intake_list(struct session *s)
{
	struct push *in = s->push;
	int r;

	if (!in->list.segments[in->list.n_segments - 1]->complete) {
		if ((r = read_entries(s)) != 0 || (r = inlist_end(&in->list)) != 0)
			return r;
		if ((r = linknames_count(s, in->list.segments[in->list.n_segments - 1])) != 0)
			return r;
	}
	if (!in->list_done && (r = read_trailer(s)) != 0)
		return r;
	in->list_done = true;
	in->segment_open = false;
	return 0;
}
