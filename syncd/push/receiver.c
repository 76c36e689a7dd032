/* What the client answers: files, from literal data and from blocks of what was there (rsync-wire 7.3,
 * 7.8, 8.4).  Nothing is renamed into place before its sum was right. */
#include "syncd/push/intake.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/grow.h"
#include "syncd/fs/fake.h"

int
receiver_literal(void *arg, const uint8_t *p, size_t n)
{
	struct session *s = arg;

	s->push->take.literal = true;
	return output_put(&s->push->take.out, p, n);
}

/* --- opening --------------------------------------------------------------------------------------------- */

/* Once a directory is written to, what dead sessions left in it goes. */
static void
sweep(struct session *s, const char *dir)
{
	int n;

	if (strcmp(s->push->swept, dir) == 0)
		return;
	snprintf(s->push->swept, sizeof s->push->swept, "%s", dir);
	n = stage_sweep(&s->push->tree, dir);
	if (n > 0)
		session_log(s, "removed %d temporary file%s that a broken transfer left in \"%s\"", n, n == 1 ? "" : "s", dir);
}

/* A temporary beside the file, or in --temp-dir. */
static int
open_temporary(struct session *s, const char *path)
{
	struct taking *x = &s->push->take;
	char dir[TREE_PATH_SIZE];
	mode_t mode = settle_first_mode(s, x->f, x->want.mode);

	x->made_mode = mode;
	x->tmp_tree = s->push->temp.fd >= 0 ? &s->push->temp : &s->push->tree;
	dest_dir_of(path, dir);
	if (s->push->temp.fd >= 0)
		dir[0] = '\0';
	else
		sweep(s, dir);
	x->fd = stage_open(x->tmp_tree, dir, dest_leaf_of(path), mode, x->tmp);
	if (x->fd == -ENOENT && s->opt.relative && s->push->temp.fd < 0 &&
	    tree_mkparents(&s->push->tree, path, 0777 & ~s->grant.mask, NULL, NULL) >= 0)
		x->fd = stage_open(x->tmp_tree, dir, dest_leaf_of(path), mode, x->tmp);
	return x->fd;
}

/* The file itself, or its partial one, written where it lies. */
static int
open_in_place(struct session *s, struct tree *t, const char *path)
{
	struct taking *x = &s->push->take;
	struct stat st;

	x->tmp_tree = t;
	snprintf(x->tmp, sizeof x->tmp, "%s", path);
	x->fd = tree_open_file(t, path, O_RDWR, &st);
	if (x->fd == -ENOENT)
		x->fd = tree_create(t, path, 0600 | (x->f->mode & 0700));
	return x->fd;
}

static bool
writes_in_place(const struct session *s)
{
	const struct taking *x = &s->push->take;

	if (x->want.basis == FROM_PARTIAL)
		return (s->proto.compat & CF_INPLACE_PARTIAL_DIR) != 0 && s->opt.inplace;
	return s->opt.inplace || options_appends(&s->opt);
}

static int
open_output(struct session *s, const char *path)
{
	struct taking *x = &s->push->take;
	char partial[TREE_PATH_SIZE];
	struct tree *t;
	int r;

	x->in_place = writes_in_place(s);
	if (!x->in_place)
		r = open_temporary(s, path);
	else if (x->want.basis == FROM_PARTIAL && dest_partial(s, path, &t, partial))
		r = open_in_place(s, t, partial);
	else
		r = open_in_place(s, &s->push->tree, path);
	return r;
}

/* Is what was there part of the sum?  Below protocol 30 always. */
static bool
verifies_append(const struct session *s)
{
	return s->opt.append_verify > 0 || s->opt.append > 1 || s->proto.version < 30;
}

/* Are the blocks those of the file that is written?  Not so of one found elsewhere, which --inplace copies from. */
static bool
reads_itself(const struct taking *x)
{
	return x->in_place && (x->want.basis == FROM_DEST || x->want.basis == FROM_PARTIAL);
}

/* The bytes that the sums of a head describe. */
static int64_t
head_length(const struct sum_head *h)
{
	return (int64_t)h->count * h->block - (h->tail > 0 ? h->block - h->tail : 0);
}

/* --append: only what comes behind the existing part is sent (rsync-wire 7.10). */
static int64_t
kept_part(const struct session *s)
{
	const struct taking *x = &s->push->take;

	if (!options_appends(&s->opt) || !x->in_place || x->head.count == 0 || (x->f->flags & IN_REDO))
		return 0;
	return head_length(&x->head);
}

/* Sum up what is there and stays. */
static int
verify_kept(struct session *s, int64_t kept)
{
	int r = 0;

	for (int64_t at = 0; at < kept && r == 0; at += BREATH) {
		r = output_copy(&s->push->take.out, at, (size_t)(kept - at < BREATH ? kept - at : BREATH));
		session_breathe(s);
	}
	return r;
}

/* The sum head is there: open what is read and what is written.  A file that cannot be written is read to
 * its end all the same. */
static int
begin_file(struct session *s)
{
	struct taking *x = &s->push->take;
	struct output_way way = { .size = x->f->size, .sparse = s->opt.sparse, .preallocate = s->opt.preallocate };
	int64_t kept;
	char path[NAME_BYTES_MAX];
	struct stat st;
	int r;

	dest_path(s, x->f, path);
	x->basis_fd = -1;
	if (x->head.count > 0)
		x->basis_fd = altdest_open(s, &x->want, path, &st);
	if ((r = open_output(s, path)) < 0) {
		dest_failed(s, "receiver", x->in_place ? "open" : "mkstemp", x->in_place ? &s->push->tree : x->tmp_tree, x->in_place ? path : x->tmp, r);
		x->discard = true;
		x->fd = -1;
	}
	kept = kept_part(s);
	way.in_place = x->in_place;
	way.own_basis = reads_itself(x) || kept > 0;
	way.from = verifies_append(s) ? 0 : kept;
	output_begin(&x->out, x->fd, x->basis_fd, s->sum, &way);
	return verifies_append(s) ? verify_kept(s, kept) : 0;
}

/* --- requests and answers --------------------------------------------------------------------------------- */

static struct want
wants_pop(struct wants *q)
{
	struct want w = q->v[q->head];

	q->head = (q->head + 1) & (q->cap - 1);
	q->n--;
	return w;
}

static void
take_reset(struct session *s)
{
	struct taking *x = &s->push->take;

	if (x->fd >= 0)
		close(x->fd);
	if (x->basis_fd >= 0)
		close(x->basis_fd);
	free(x->want.xname);
	*x = (struct taking){ .fd = -1, .basis_fd = -1, .out = x->out, .block = x->block, .block_size = x->block_size };
}

/* What was asked for and will not come. */
static int
will_not_come(struct session *s, struct want *w)
{
	int32_t dir;
	const struct in_file *f = inlist_find(&s->push->list, w->ndx, &dir);
	int r = f == NULL ? 0 : linknames_give_up(s, f);

	free(w->xname);
	push_pending(s, w->ndx, -1);
	return r;
}

void
receiver_no_send(struct session *s, int32_t ndx)
{
	struct wants *q = &s->push->wants;

	for (size_t i = 0; i < q->n; i++) {
		struct want *w = &q->v[(q->head + i) & (q->cap - 1)];

		if (w->ndx == ndx && !w->gone) {
			w->gone = true;
			return;
		}
	}
}

/* Those at the front that the client gave up. */
static int
drop_gone(struct session *s)
{
	struct wants *q = &s->push->wants;
	int r = 0;

	while (q->n > 0 && q->v[q->head].gone && r == 0) {
		struct want w = wants_pop(q);

		r = will_not_come(s, &w);
	}
	return r;
}

int
receiver_give_up(struct session *s)
{
	int r = 0;

	while (s->push->wants.n > 0 && r == 0) {
		struct want w = wants_pop(&s->push->wants);

		r = will_not_come(s, &w);
	}
	return r;
}

/* The answer to which request is this?  Older ones that were passed over will not come (below protocol
 * 30 nothing else says so). */
static int
match_want(struct session *s, int32_t ndx)
{
	struct taking *x = &s->push->take;
	int32_t dir;
	int r = 0;

	while (s->push->wants.n > 0 && r == 0) {
		x->want = wants_pop(&s->push->wants);
		if (x->want.ndx == ndx) {
			x->f = inlist_find(&s->push->list, ndx, &dir);
			return x->f == NULL ? E_FORMAT : 0;
		}
		if (s->proto.version >= 30 && !x->want.gone)
			return E_FORMAT;
		r = will_not_come(s, &x->want);
		x->want.xname = NULL;
	}
	return r == 0 ? E_FORMAT : r;
}

static int
read_head(struct session *s)
{
	struct taking *x = &s->push->take;
	struct cursor c = peer_unread(&s->peer);
	int r = sum_head_get(&c, s->proto.version, strong_len(s->proto.xfer_sum), &x->head);

	if (r == 0 && head_length(&x->head) > x->want.basis_size)
		r = E_FORMAT;	/* not what we sent */
	if (r != 0)
		return r;
	peer_consume(&s->peer, &c);
	r = begin_file(s);
	if (r == 0 && s->push->expand != NULL)
		r = expand_begin(s->push->expand);
	x->stage = TAKE_TOKENS;
	return r == 0 && s->push->expand == NULL ? peer_pull(&s->peer, true) : r;
}

/* --- tokens ------------------------------------------------------------------------------------------------ */

static int
block_at(const struct taking *x, int64_t block, int64_t *ret_at, size_t *ret_n)
{
	if (block < 0 || block >= x->head.count)
		return E_FORMAT;
	*ret_at = block * x->head.block;
	*ret_n = (size_t)(block == x->head.count - 1 && x->head.tail > 0 ? x->head.tail : x->head.block);
	return 0;
}

/* A block of the basis, for the decompressor, whose history it is part of. */
static int
show_block(struct session *s, int64_t at, size_t n)
{
	struct taking *x = &s->push->take;

	if (x->block_size < n) {
		free(x->block);
		x->block_size = n;
		if ((x->block = malloc(n)) == NULL) {
			x->block_size = 0;
			return -ENOMEM;
		}
	}
	basis_read(x->basis_fd, x->block, n, at);
	return expand_matched(s->push->expand, x->block, n, s->proto.version < 31);
}

/* A block of the basis.  One that cannot be read any more makes the sum wrong, and the file is asked for again. */
static int
put_block(struct session *s, int64_t block)
{
	struct taking *x = &s->push->take;
	int64_t at;
	size_t n;
	int r = block_at(x, block, &at, &n);

	if (r == 0 && s->push->expand != NULL && expand_wants_matched(s->push->expand))
		r = show_block(s, at, n);
	return r == 0 ? output_copy(&x->out, at, n) : r;
}

/* Some of the literal data that is due: from what was taken out of frames, or where it lies in one. */
static int
read_literal(struct session *s)
{
	struct taking *x = &s->push->take;
	struct cursor c = peer_unread(&s->peer);
	size_t n = cur_left(&c) < x->left ? cur_left(&c) : x->left;
	const uint8_t *p;
	int r;

	if (n > 0) {
		r = receiver_literal(s, cur_bytes(&c, n), n);
		peer_consume(&s->peer, &c);
	} else {
		if ((r = peer_bulk(&s->peer, x->left, &p, &n)) != 0)
			return r;
		r = receiver_literal(s, p, n);
		peer_bulk_done(&s->peer, n);
	}
	x->left -= (uint32_t)n;
	return r;
}

/* Plain tokens, as many as have come.  0 at the end of the file. */
static int
read_tokens(struct session *s)
{
	struct taking *x = &s->push->take;
	struct cursor c;
	int32_t token;
	int r = 0;

	while (r == 0) {
		if (x->left > 0) {
			r = read_literal(s);
			continue;
		}
		if ((r = peer_ensure(&s->peer, 4)) != 0)
			break;
		c = peer_unread(&s->peer);
		token = (int32_t)cur_le32(&c);
		peer_consume(&s->peer, &c);
		if (token == 0)
			return peer_pull(&s->peer, false);
		if (token > 0)
			x->left = (uint32_t)token;
		else
			r = put_block(s, -((int64_t)token + 1));
	}
	return r;
}

static int
put_run(struct session *s, int64_t first, int64_t n)
{
	int r = expand_flush(s->push->expand);

	for (int64_t i = 0; i < n && r == 0; i++)
		r = put_block(s, first + i);
	s->push->take.block_at = first + n - 1;
	return r;
}

/* Compressed records.  0 at the end of the file. */
static int
read_records(struct session *s)
{
	struct taking *x = &s->push->take;
	int r = 0;

	for (;;) {
		struct cursor c = peer_unread(&s->peer);
		struct token_record t;

		if ((r = token_get(&c, x->block_at, &t)) != 0)
			return r;
		if (t.kind == TOKEN_END)
			r = expand_flush(s->push->expand);
		else if (t.kind == TOKEN_DATA)
			r = expand_data(s->push->expand, t.bytes, t.n);
		else
			r = put_run(s, t.block, (int64_t)t.n);
		if (r != 0)
			return r;
		peer_consume(&s->peer, &c);
		if (t.kind == TOKEN_END)
			return 0;
	}
}

/* --- the end of a file -------------------------------------------------------------------------------------- */

static void
drop_temporary(struct taking *x)
{
	if (x->fd >= 0 && !x->in_place)
		(void)tree_remove(x->tmp_tree, x->tmp, false);
}

/* A broken transfer's data, where --partial wants it: under a time that is not the file's. */
static void
keep_partial(struct session *s)
{
	struct taking *x = &s->push->take;
	char path[NAME_BYTES_MAX], partial[TREE_PATH_SIZE];
	const struct meta m = { .fake = s->root.fake, .set_mtime = true, .set_mode = true, .mode = settle_mode(s, x->f, NULL) };
	const char *what;
	struct tree *t;
	bool dir;

	(void)output_end(&x->out);
	dest_path(s, x->f, path);
	dir = dest_partial(s, path, &t, partial);
	if (dir && move_to(s, x->tmp_tree, x->tmp, t, partial) != 0) {
		char parent[TREE_PATH_SIZE];

		dest_dir_of(partial, parent);
		(void)tree_mkdir(t, parent, 0700);
		if (move_to(s, x->tmp_tree, x->tmp, t, partial) != 0)
			drop_temporary(x);
	} else if (!dir) {
		(void)meta_set(x->fd, NULL, &m, &what);
		if (move_to(s, x->tmp_tree, x->tmp, &s->push->tree, path) != 0)
			drop_temporary(x);
	}
}

void
receiver_abort(struct session *s)
{
	struct taking *x = &s->push->take;
	bool keep = s->opt.partial || s->opt.partial_dir != NULL || s->opt.delay_updates;

	if (x->stage != TAKE_IDLE && x->fd >= 0 && x->f != NULL) {
		if (x->in_place)
			(void)output_flush(&x->out);
		else if (keep && x->literal && !x->discard)
			keep_partial(s);
		else
			drop_temporary(x);
	}
	take_reset(s);
	output_done(&x->out);
	free(x->block);
	x->block = NULL;
}

/* The temporary becomes the file. */
static int
into_place(struct session *s, struct tree *from, const char *tmp, const char *path, const struct in_file *f)
{
	struct tree *t = &s->push->tree;
	struct stat st;
	int r;

	if (s->opt.backup && !(f->flags & IN_REDO) && tree_lstat(t, path, &st) == 0 && !S_ISDIR(st.st_mode) &&
	    (r = dest_backup(s, path, true)) != 0) {
		dest_failed(s, "receiver", "backup of", t, path, r);
		return r;
	}
	if ((r = move_to(s, from, tmp, t, path)) != 0)
		dest_failed(s, "receiver", "rename", t, path, r);
	return r;
}

static int
delay(struct session *s, const char *waiting)
{
	struct push *in = s->push;
	struct taking *x = &in->take;
	char parent[TREE_PATH_SIZE];
	int r;

	if (!grow(&in->delayed, sizeof *in->delayed, in->n_delayed, &in->cap_delayed))
		return -ENOMEM;
	dest_dir_of(waiting, parent);
	if ((r = move_to(s, x->tmp_tree, x->tmp, &in->tree, waiting)) == -ENOENT) {
		(void)tree_mkdir(&in->tree, parent, 0700);
		r = move_to(s, x->tmp_tree, x->tmp, &in->tree, waiting);
	}
	if (r != 0) {
		dest_failed(s, "receiver", "rename", &in->tree, waiting, r);
		return r;
	}
	in->delayed[in->n_delayed++] = x->want.ndx;
	return 0;
}

/* The partial file has served; its directory goes with the last. */
static void
drop_partial(struct session *s, const char *path)
{
	char partial[TREE_PATH_SIZE], parent[TREE_PATH_SIZE];
	struct tree *t;

	if (s->opt.partial_dir == NULL || !dest_partial(s, path, &t, partial))
		return;
	if (tree_remove(t, partial, false) != 0 || dest_partial_is_shared(s))
		return;
	dest_dir_of(partial, parent);
	(void)tree_remove(&s->push->tree, parent, true);
}

static int
complete(struct session *s)
{
	struct taking *x = &s->push->take;
	char path[NAME_BYTES_MAX], waiting[TREE_PATH_SIZE];
	struct stat st;
	int r = 0;

	dest_path(s, x->f, path);
	if (!settle_needs_state(s, path, x->in_place)) {
		st = (struct stat){ .st_mode = S_IFREG | x->made_mode, .st_uid = s->grant.uid, .st_gid = s->grant.gid };
	} else if (fstat(x->fd, &st) < 0) {
		dest_failed(s, "receiver", "fstat", &s->push->tree, path, -errno);
		drop_temporary(x);
		return linknames_give_up(s, x->f);
	}
	if (s->root.fake)
		fake_show(&(struct attr_of){ .fd = x->fd, .dir = -1 }, &st);
	settle_received(s, x->f, path, x->fd, &st, &x->want);
	if (s->opt.fsync && fsync(x->fd) < 0)
		dest_failed(s, "receiver", "fsync", &s->push->tree, path, -errno);
	if (!x->in_place && dest_waiting(s, path, waiting)) {
		if ((r = delay(s, waiting)) == 0 && dest_partial_is_shared(s))
			drop_partial(s, path);
		if (r == 0 || r == -ENOMEM)
			return r;
	} else if (!x->in_place || strcmp(x->tmp, path) != 0) {
		r = into_place(s, x->tmp_tree, x->tmp, path, x->f);
	}
	if (r != 0) {
		drop_temporary(x);
		return linknames_give_up(s, x->f);
	}
	drop_partial(s, path);
	generator_success(s, x->want.ndx);
	return linknames_end(s, x->f, path);
}

static int
redo_later(struct session *s, int32_t ndx)
{
	struct push *in = s->push;

	if (!grow(&in->redo, sizeof *in->redo, in->n_redo, &in->cap_redo))
		return -ENOMEM;
	in->redo[in->n_redo++] = ndx;
	push_pending(s, ndx, 1);
	return 0;
}

/* The sum is wrong: once more, and then it is an error. */
static int
wrong_sum(struct session *s)
{
	struct taking *x = &s->push->take;
	char path[NAME_BYTES_MAX];
	bool again = !(x->f->flags & IN_REDO);

	inlist_path(x->f, path);	/* as the client names it */
	if (!again || s->opt.verbose || generator_itemises(s))
		session_tell(s, again ? MSG_WARNING : MSG_ERROR_XFER, "%s: %s failed verification -- update %s%s.\n",
		    again ? "WARNING" : "ERROR", path, x->in_place ? "retained" : "discarded", again ? " (will try again)" : "");
	if (!x->in_place && x->fd >= 0) {
		if (!again && (s->opt.partial || s->opt.partial_dir != NULL) && x->literal)
			keep_partial(s);
		else
			drop_temporary(x);
	}
	if (!again)
		return linknames_give_up(s, x->f);
	x->f->flags |= IN_REDO;
	return redo_later(s, x->want.ndx);
}

static int
read_sum(struct session *s)
{
	struct taking *x = &s->push->take;
	size_t n = strong_len(s->proto.xfer_sum);
	struct cursor c = peer_unread(&s->peer);
	const uint8_t *theirs = cur_bytes(&c, n);
	uint8_t ours[DIGEST_MAX];
	char path[NAME_BYTES_MAX];
	int32_t ndx = x->want.ndx;
	int r;

	if (theirs == NULL)
		return c.err;
	if ((r = output_end(&x->out)) == -ENOMEM)
		return r;
	strong_final(s->sum, ours);
	if (r != 0 || x->out.err != 0) {
		dest_path(s, x->f, path);
		dest_failed(s, "receiver", x->out.err != 0 ? "write failed on" : "ftruncate", &s->push->tree, path,
		    x->out.err != 0 ? x->out.err : r);
		drop_temporary(x);
		r = linknames_give_up(s, x->f);
	} else if (x->discard) {
		r = linknames_give_up(s, x->f);
	} else if (memcmp(theirs, ours, n) == 0) {
		r = complete(s);
	} else {
		r = wrong_sum(s);
	}
	peer_consume(&s->peer, &c);
	take_reset(s);
	push_pending(s, ndx, -1);
	return r;
}

int
receiver_take(struct session *s)
{
	struct taking *x = &s->push->take;
	int r = 0;

	if (x->stage == TAKE_HEAD)
		r = read_head(s);
	if (r == 0 && x->stage == TAKE_TOKENS && (r = s->push->expand != NULL ? read_records(s) : read_tokens(s)) == 0)
		x->stage = TAKE_SUM;
	if (r == 0 && x->stage == TAKE_SUM)
		r = read_sum(s);
	return r;
}

int
receiver_answer(struct session *s, int32_t ndx)
{
	int r = drop_gone(s);

	if (r == 0)
		r = match_want(s, ndx);
	if (r == 0)
		s->push->take.stage = TAKE_HEAD;
	return r;
}

int
receiver_settle_gone(struct session *s)
{
	return s->push->take.stage == TAKE_IDLE ? drop_gone(s) : 0;
}

/* --- what waits for the end ------------------------------------------------------------------------------------ */

int
receiver_place_delayed(struct session *s)
{
	struct push *in = s->push;
	int r = 0;

	for (size_t i = 0; i < in->n_delayed && r == 0; i++) {
		char path[NAME_BYTES_MAX], waiting[TREE_PATH_SIZE], parent[TREE_PATH_SIZE];
		int32_t dir;
		const struct in_file *f = inlist_find(&in->list, in->delayed[i], &dir);

		if (f == NULL || !dest_waiting(s, dest_path(s, f, path), waiting))
			continue;
		if (into_place(s, &in->tree, waiting, path, f) != 0) {
			r = linknames_give_up(s, f);
			continue;
		}
		dest_dir_of(waiting, parent);
		(void)tree_remove(&in->tree, parent, true);
		generator_success(s, in->delayed[i]);
		r = linknames_end(s, f, path);
	}
	in->n_delayed = 0;
	return r;
}
