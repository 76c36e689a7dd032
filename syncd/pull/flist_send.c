/* Build the file list and send it: the whole of it, or segment by segment. */
#include "syncd/pull/pull.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/loop.h"

enum {
	SUM_READ_SIZE = 131072,
	SUM_BYTES_A_STEP = 16,
};

static void
tell_listing(void *arg, unsigned code, const char *text)
{
	session_tell(arg, code, "%s", text);
}

static bool
names_inline(const struct session *s)
{
	return (s->proto.compat & CF_INC_RECURSE) != 0 && !s->opt.numeric_ids;
}

static int
open_attrs(struct session *s)
{
	struct xattr_send_conf conf = { .opener = &s->pull->opener, .rules = s->rules, .acls = s->opt.acls > 0,
	    .xattrs = s->opt.xattrs > 0, .own_too = s->opt.xattrs > 1 && !s->root.fake, .names_inline = names_inline(s),
	    .users = &s->pull->user_names, .groups = &s->pull->group_names };

	return xattr_send_new(&conf, &s->pull->xattrs);
}

int
flist_send_open(struct session *s)
{
	const struct options *o = &s->opt;
	int r;
	struct flist_conf conf = {
		.root = &s->root, .module = s->grant.module, .work = &s->work, .uid = s->grant.uid,
		.rules = s->rules, .hidden = s->grant.hidden, .version = s->proto.version,
		.incremental = (s->proto.compat & CF_INC_RECURSE) != 0, .recurse = o->recurse > 0, .dirs = o->dirs > 0,
		.relative = o->relative > 0, .no_implied_dirs = o->no_implied_dirs > 0,
		.one_file_system = o->one_file_system > 0, .munge = s->grant.munge,
		.ignore_missing = o->ignore_missing > 0, .delete_missing = o->delete_missing > 0,
		.ignore_errors = o->ignore_errors > 0, .readable_only = s->grant.conf.ignore_nonreadable,
		.entered = s->grant.jailed, .hard_links = o->hard_links > 0,
		.atimes = o->atimes > 0, .attrs = o->acls > 0 || o->xattrs > 0, .removes = o->remove_source > 0,
		.charset = s->converts ? s->charset : NULL, .charset_links = session_converts_links(s),
		.copy_links = o->copy_links > 0, .copy_dirlinks = o->copy_dirlinks > 0, .copy_unsafe = o->copy_unsafe > 0,
		.verbose = o->verbose > 0 && s->grant.conf.max_verbosity > 0,
		.tell = tell_listing, .arg = s,
	};

	s->root = (struct root){ s->grant.root_fd, s->grant.conf.fake_super };
	s->pull->opener = s->pull->remover = (struct opener)OPENER_INIT(&s->root);
	s->pull->remover.strict = true;
	sum_cache_init(&s->pull->sums, o->checksum > 0 ? s->grant.sums_fd : -1);
	s->pull->opener.keep_atime = s->grant.conf.open_noatime < 0 ? s->opt.open_noatime > 0 : s->grant.conf.open_noatime;
	s->pull->form = (struct flist_form){
		.version = s->proto.version, .compat = s->proto.compat, .uid = o->owner > 0, .gid = o->group > 0,
		.links = o->links > 0, .devices = o->devices > 0, .specials = o->specials > 0,
		.hard_links = o->hard_links > 0, .atimes = o->atimes > 0, .crtimes = o->crtimes > 0,
		.sum_len = o->checksum > 0 ? strong_len(s->proto.list_sum) : 0,
	};
	if (!o->numeric_ids && !s->grant.numeric_ids)
		s->pull->user_names.monitor_fd = s->pull->group_names.monitor_fd = s->monitor_fd;
	if ((o->acls > 0 || o->xattrs > 0) && (r = open_attrs(s)) != 0)
		return r;
	return flist_new(&conf, &s->pull->flist);
}

/* A path argument is "module/path"; old clients glue several with " module/" (rsync-wire 1.6.3). */
static int
add_argument(struct session *s, char *arg)
{
	char glue[MODULE_NAME_MAX + 4], *next = NULL;
	int r;

	if (!s->second_list) {
		snprintf(glue, sizeof glue, " %s/", s->grant.module);
		if ((next = strstr(arg, glue)) != NULL)
			*next++ = '\0';
	}
	r = flist_glob(s->pull->flist, args_below_module(s, arg));
	return r == 0 && next != NULL ? add_argument(s, next) : r;
}

static int
add_arguments(struct session *s)
{
	char root[] = "";
	int r = 0;

	for (size_t i = s->paths; i < s->args.n && r == 0; i++)
		r = add_argument(s, s->args.v[i]);
	return r == 0 && s->paths >= s->args.n ? flist_arg(s->pull->flist, root) : r;
}

/* The digest of a whole file, for -c; zeros when it cannot be read.  0 or an error of ours. */
static int
file_digest(struct session *s, const struct file *f, uint8_t out[DIGEST_MAX])
{
	struct stat st;
	ssize_t n = 0;
	int64_t left;
	bool keep;
	int fd, r;

	memset(out, 0, DIGEST_MAX);
	if (s->pull->list_sum == NULL && (r = strong_new(s->proto.list_sum, 0, 0, &s->pull->list_sum)) != 0)
		return r;
	if (s->pull->list_chunk == NULL && (s->pull->list_chunk = malloc(SUM_READ_SIZE)) == NULL)
		return -ENOMEM;
	if ((fd = pull_open(s, f, &st)) < 0)
		return 0;
	if (sum_cache_get(&s->pull->sums, s->proto.list_sum, strong_len(s->proto.list_sum), &st, out)) {
		close(fd);
		return 0;
	}
	keep = sum_cache_settle(&s->pull->sums, fd, &st);
	for (left = st.st_size; left > 0; left -= n) {
		if ((n = read(fd, s->pull->list_chunk, SUM_READ_SIZE)) <= 0)
			break;
		strong_update(s->pull->list_sum, s->pull->list_chunk, (size_t)n);
		if (!work_add(&s->work, (uint64_t)n / SUM_BYTES_A_STEP, 0))
			break;
	}
	strong_final(s->pull->list_sum, out);
	if (n < 0)
		memset(out, 0, DIGEST_MAX);
	if (keep && left == 0)
		sum_cache_put(&s->pull->sums, s->proto.list_sum, strong_len(s->proto.list_sum), fd, &st, out);
	close(fd);
	return 0;
}

/* The name to send with this id: once, and only where names travel with the entries. */
static const char *
name_for(const struct session *s, struct names *t, uint32_t id)
{
	struct name_row *row = names_get(t, id);

	if (row == NULL || row->sent || !names_inline(s))
		return NULL;
	row->sent = true;
	return row->name;
}

/* A mode as "outgoing chmod" shows it. */
static uint32_t
shown_mode(const struct session *s, uint32_t mode)
{
	if (S_ISLNK(mode))
		return mode;
	if (mode == 0)			/* a name to be deleted has none */
		return 0;
	if (s->chmod != NULL)
		mode = (mode & S_IFMT) | chmod_apply(s->chmod, mode & 07777, S_ISDIR(mode), s->grant.mask);
	if (s->grant.outgoing == NULL)
		return mode;
	return (mode & S_IFMT) | chmod_apply(s->grant.outgoing, mode & 07777, S_ISDIR(mode), s->grant.mask);
}

static struct entry
entry_of(const struct session *s, const struct file *f)
{
	const struct file_more *more = file_more(f);

	return (struct entry){
		.dir = flist_dir_of(s->pull->flist, f)->path, .name = f->name, .link = file_link(f), .size = f->size,
		.mtime = f->mtime, .nsec = f->nsec, .mode = shown_mode(s, f->mode), .uid = f->uid, .gid = f->gid,
		.rdev_major = more->rdev_major, .rdev_minor = more->rdev_minor, .top_dir = f->top_dir,
		.no_content = f->no_content, .atime = more->atime, .crtime = f->mtime,	/* creation is not told by every file system */
	};
}

/* -H: is this the first name of its file, or a reference to it?  Behind a reference into the same
 * list nothing else is sent, and both sides go on from what was sent then. */
static int
link_entry(struct session *s, const struct segment *seg, const struct file *f, struct entry *e)
{
	const struct inode_id *inode = &file_more(f)->inode;
	int32_t ndx = seg->first + (int32_t)(f - seg->files), first;
	int r;

	e->linked = true;
	e->dev = (uint64_t)inode->dev;
	e->ino = (uint64_t)inode->ino;
	if (s->proto.version < 30)
		return 0;
	if ((r = flist_link(s->pull->flist, inode, ndx, &first)) != 0)
		return r;
	e->link_first = first < 0;
	e->link_ndx = first;
	if (first < seg->first)
		return 0;
	*e = entry_of(s, &seg->files[first - seg->first]);
	e->dir = flist_dir_of(s->pull->flist, f)->path;
	e->name = f->name;
	e->linked = e->abbreviated = true;
	e->link_ndx = first;
	return 0;
}

/* The entry as the client is to read it: flist_scan.c has looked that its names can be said. */
static int
put_converted(struct session *s, struct entry *e, const uint8_t *sum)
{
	char dir[NAME_BYTES_MAX], name[NAME_BYTES_MAX], link[NAME_BYTES_MAX];

	if (s->converts) {
		e->dir = charset_message(s->charset, e->dir, dir, sizeof dir);
		e->name = charset_message(s->charset, e->name, name, sizeof name);
		if (e->link != NULL && session_converts_links(s))
			e->link = charset_message(s->charset, e->link, link, sizeof link);
	}
	return flist_put(peer_out(&s->peer), &s->pull->form, &s->pull->flist_state, e, sum);
}

static int
put_fields(struct session *s, const struct segment *seg, const struct file *f)
{
	uint8_t sum[DIGEST_MAX];
	struct entry e = entry_of(s, f);
	int r;

	if (f->linked && (r = link_entry(s, seg, f, &e)) != 0)
		return r;
	if (e.abbreviated)
		return put_converted(s, &e, NULL);
	if (s->pull->form.uid)
		e.user = name_for(s, &s->pull->user_names, f->uid);
	if (s->pull->form.gid)
		e.group = name_for(s, &s->pull->group_names, f->gid);
	if (s->pull->form.sum_len > 0 && S_ISREG(f->mode))
		if ((r = file_digest(s, f, sum)) != 0)
			return r;
	return put_converted(s, &e, S_ISREG(f->mode) ? sum : NULL);
}

static int
put_entry(struct session *s, const struct segment *seg, const struct file *f)
{
	struct xattr_send_of of = { flist_dir_of(s->pull->flist, f)->fs, f->name, f->mode, f->followed };
	int32_t set = 0;
	int r = put_fields(s, seg, f);

	if (r != 0 || s->pull->xattrs == NULL)
		return r;
	if ((r = xattr_send_put(s->pull->xattrs, peer_out(&s->peer), &of, &set)) == 0)
		flist_set_xattrs(s->pull->flist, (uint32_t)(f - seg->files), set);
	return r;
}

static void
put_id_list(struct session *s, struct names *t)
{
	struct buf *b = peer_out(&s->peer);

	for (size_t i = 0; i < t->n; i++)
		if (t->rows[i].id != 0 && t->rows[i].name != NULL)
			idlist_put(b, &s->pull->form, t->rows[i].id, t->rows[i].name);
	idlist_end_put(b, &s->pull->form, names_get(t, 0) != NULL ? names_get(t, 0)->name : NULL);
}

static void
put_list_end(struct session *s)
{
	flist_end_put(peer_out(&s->peer), &s->pull->form, flist_io_error(s->pull->flist));
	s->io_error |= flist_io_error(s->pull->flist);
	if (s->proto.compat & CF_INC_RECURSE)
		return;
	if (!s->opt.numeric_ids && (s->pull->form.uid || s->opt.acls > 0))
		put_id_list(s, &s->pull->user_names);
	if (!s->opt.numeric_ids && (s->pull->form.gid || s->opt.acls > 0))
		put_id_list(s, &s->pull->group_names);
	if (s->proto.version < 30)
		buf_le32(peer_out(&s->peer), (uint32_t)flist_io_error(s->pull->flist));
}

int
flist_send_emit(struct session *s)
{
	const struct segment *seg = flist_newest(s->pull->flist);
	int r;

	for (; s->pull->listed < seg->n; s->pull->listed++) {
		if (!peer_room(&s->peer))
			return 0;
		if ((r = put_entry(s, seg, &seg->files[s->pull->listed])) != 0)
			return r;
	}
	put_list_end(s);
	s->pull->list_open = false;
	return 1;
}

int
flist_send_next(struct session *s)
{
	uint32_t dir;
	int r;

	if ((r = flist_next(s->pull->flist, &dir)) != 0)
		return r;
	ndx_put(peer_out(&s->peer), s->proto.version, &s->ndx_out, NDX_FLIST_OFFSET - (int32_t)dir);
	s->pull->listed = 0;
	s->pull->list_open = true;
	return 0;
}

/* Nothing to send at all: the end marker is the whole answer (rsync-wire 5.10.6). */
static enum step
empty_list(struct session *s)
{
	put_list_end(s);
	if (s->proto.compat & CF_INC_RECURSE)
		ndx_put(peer_out(&s->peer), s->proto.version, &s->ndx_out, NDX_FLIST_EOF);
	s->phase = PH_DRAIN;
	return STEP_NEXT;
}

static enum step
build(struct session *s)
{
	int r = 0;

	if (s->pull->flist_ms == 0) {
		session_log(s, "building file list");
		s->pull->flist_ms = loop_clock();
	}
	if (s->pull->flist == NULL && (r = flist_send_open(s)) == 0)
		r = add_arguments(s);
	if (r == 0)
		r = flist_build(s->pull->flist);
	if (r < 0)
		return pull_error(s, r);
	if (r > 0)
		return STEP_YIELD;
	s->pull->built = true;
	s->pull->list_open = true;
	s->pull->flist_ms = loop_clock() - s->pull->flist_ms;
	return flist_newest(s->pull->flist)->n == 0 ? empty_list(s) : STEP_NEXT;
}

enum step
flist_run(struct session *s)
{
	int r;

	if (!s->pull->built)
		return build(s);
	if ((r = flist_send_emit(s)) < 0)
		return pull_error(s, r);
	if (r == 0)
		return STEP_WAIT;
	s->phase = PH_SENDER;
	return STEP_NEXT;
}
