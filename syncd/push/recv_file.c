/* What the client answers: files, from literal data and from blocks of what was there (rsync-wire 7.3,
 * 7.8, 8.4).  recv_finish.c does what comes behind a file's sum. */
#include "syncd/push/receiver.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"
#include "syncd/fs/stage.h"
#include "syncd/push/altdest.h"
#include "syncd/push/attr_apply.h"
#include "syncd/push/hardlink_make.h"
#include "syncd/push/push.h"
#include "syncd/push/recv_internal.h"
#include "syncd/push/recv_log.h"
#include "syncd/push/report.h"
#include "syncd/wire/token.h"

/* Bytes were put; R is what came of it.  A file that cannot be written on, as on a full disk, ends the transfer, as with rsync: so
 * would those that follow, and what has come of it is kept where that was asked for.  R, or 1: told. */
static int
written(struct session *s, int r)
{
	const struct recv_file *x = &s->push->receiver->file;
	char shown[2 * NAME_BYTES_MAX + 2];

	if (r != 0 || x->out.err == 0)
		return r;
	session_fail(s, RERR_FILEIO, "rsync: [receiver] write failed on \"%s\" (in %s): %s (%d)",
	    report_shown(s, &s->push->dest.tree, x->job.path, shown, sizeof shown), s->grant.module, strerror(-x->out.err), -x->out.err);
	return 1;
}

/* Literal data of the file: plain, or out of the decompressor. */
static int
literal(void *arg, const uint8_t *p, size_t n)
{
	struct session *s = arg;

	s->push->receiver->file.literal = true;
	return written(s, file_write_put(&s->push->receiver->file.out, p, n));
}

int
receiver_begin(struct session *s)
{
	struct receiver *in = s->push->receiver = calloc(1, sizeof *in);

	if (in == NULL)
		return -ENOMEM;
	in->file.fd = in->file.basis_fd = -1;
	in->swept[0] = '/';
	return s->method == COMPRESS_NONE ? 0 : decompress_new(s->method, literal, s, &in->decompress);
}

void
receiver_end(struct session *s)
{
	struct receiver *in = s->push->receiver;

	if (in == NULL)
		return;
	receiver_abort(s);
	decompress_free(in->decompress);
	free(in->delayed);
	free(in);
	s->push->receiver = NULL;
}

bool
receiver_busy(const struct session *s)
{
	return s->push->receiver->file.stage != RECV_IDLE;
}

/* Once a directory is written to, what dead sessions left in it goes. */
static void
sweep(struct session *s, const char *dir)
{
	int n;

	if (strcmp(s->push->receiver->swept, dir) == 0)
		return;
	snprintf(s->push->receiver->swept, sizeof s->push->receiver->swept, "%s", dir);
	n = stage_sweep(&s->push->dest.tree, dir);
	if (n > 0)
		session_log(s, "removed %d temporary file%s that a broken transfer left in \"%s\"", n, n == 1 ? "" : "s", dir);
}

/* A temporary beside the file, or in --temp-dir. */
static int
open_temporary(struct session *s, const char *path)
{
	struct recv_file *x = &s->push->receiver->file;
	char dir[TREE_PATH_SIZE];
	mode_t mode = attr_first_mode(s, &x->job, x->request.mode);

	x->made_mode = mode;
	x->tmp_tree = s->push->dest.temp.fd >= 0 ? &s->push->dest.temp : &s->push->dest.tree;
	dest_dir_of(path, dir);
	if (s->push->dest.temp.fd >= 0)
		dir[0] = '\0';
	else
		sweep(s, dir);
	x->fd = stage_open(x->tmp_tree, dir, dest_leaf_of(path), mode, x->tmp);
	if (x->fd == -ENOENT && s->opt.relative && s->push->dest.temp.fd < 0 &&
	    tree_mkparents(&s->push->dest.tree, path, newmode_perms(&s->push->dest, path), NULL, NULL) >= 0)
		x->fd = stage_open(x->tmp_tree, dir, dest_leaf_of(path), mode, x->tmp);
	return x->fd;
}

/* The file itself, or its partial one, written where it lies. */
static int
open_in_place(struct session *s, struct tree *t, const char *path)
{
	struct recv_file *x = &s->push->receiver->file;
	struct stat st;

	x->tmp_tree = t;
	snprintf(x->tmp, sizeof x->tmp, "%s", path);
	x->fd = tree_open_file(t, path, O_RDWR, &st);
	if (x->fd == -ENOENT)
		x->fd = tree_create(t, path, 0600 | (x->job.file->mode & 0700));
	return x->fd;
}

static bool
writes_in_place(const struct session *s)
{
	const struct recv_file *x = &s->push->receiver->file;

	if (x->request.basis == FROM_PARTIAL)
		return (s->proto.compat & CF_INPLACE_PARTIAL_DIR) != 0 && s->opt.inplace;
	return s->opt.inplace || options_appends(&s->opt);
}

static int
open_output(struct session *s, const char *path)
{
	struct recv_file *x = &s->push->receiver->file;
	char partial[TREE_PATH_SIZE];
	struct tree *t;
	int r;

	x->in_place = writes_in_place(s);
	if (!x->in_place)
		r = open_temporary(s, path);
	else if (x->request.basis == FROM_PARTIAL && dest_partial(&s->push->dest, path, &t, partial))
		r = open_in_place(s, t, partial);
	else
		r = open_in_place(s, &s->push->dest.tree, path);
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
reads_itself(const struct recv_file *x)
{
	return x->in_place && (x->request.basis == FROM_DEST || x->request.basis == FROM_PARTIAL);
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
	const struct recv_file *x = &s->push->receiver->file;

	if (!options_appends(&s->opt) || !x->in_place || x->head.count == 0 || (x->job.file->flags & IN_REDO))
		return 0;
	return head_length(&x->head);
}

/* Sum up what is there and stays. */
static int
verify_kept(struct session *s, int64_t kept)
{
	int r = 0;

	for (int64_t at = 0; at < kept && r == 0; at += PUSH_KEEPALIVE_BYTES) {
		r = file_write_copy(&s->push->receiver->file.out, at, (size_t)(kept - at < PUSH_KEEPALIVE_BYTES ? kept - at : PUSH_KEEPALIVE_BYTES));
		session_keepalive(s);
	}
	return r;
}

/* --preallocate found no room; the writes will tell whether it is needed. */
static void
say_no_room(struct session *s)
{
	const struct recv_file *x = &s->push->receiver->file;
	char shown[2 * NAME_BYTES_MAX + 2];

	session_tell(s, MSG_ERROR, "rsync: [receiver] do_fallocate \"%s\" (in %s): %s (%d)\n",
	    report_shown(s, &s->push->dest.tree, x->job.path, shown, sizeof shown), s->grant.module, strerror(-x->out.no_room), -x->out.no_room);
}

/* The sum head is there: open what is read and what is written.  A file that cannot be written is read to
 * its end all the same. */
static int
begin_file(struct session *s)
{
	struct recv_file *x = &s->push->receiver->file;
	struct file_write_way way = { .size = x->job.file->size, .sparse = s->opt.sparse, .preallocate = s->opt.preallocate };
	int64_t kept;
	struct stat st;
	int r;

	x->basis_fd = -1;
	if (x->head.count > 0)
		x->basis_fd = altdest_open(s, &x->request, x->job.path, &st);
	if ((r = open_output(s, x->job.path)) < 0) {
		report_failed(s, "receiver", x->in_place ? "open" : "mkstemp",
		    x->in_place ? &s->push->dest.tree : x->tmp_tree, x->in_place ? x->job.path : x->tmp, r);
		x->discard = true;
		x->fd = -1;
	}
	kept = kept_part(s);
	way.in_place = x->in_place;
	way.own_basis = reads_itself(x) || kept > 0;
	way.from = verifies_append(s) ? 0 : kept;
	file_write_begin(&x->out, x->fd, x->basis_fd, s->sum, &way);
	if (x->out.no_room != 0)
		say_no_room(s);
	return verifies_append(s) ? verify_kept(s, kept) : 0;
}

static void
file_reset(struct session *s)
{
	struct recv_file *x = &s->push->receiver->file;

	if (x->fd >= 0)
		close(x->fd);
	if (x->basis_fd >= 0)
		close(x->basis_fd);
	free(x->request.xname);
	*x = (struct recv_file){ .fd = -1, .basis_fd = -1, .out = x->out, .block = x->block, .block_size = x->block_size };
}

/* What was asked for and will not come. */
static int
will_not_come(struct session *s, struct request *w)
{
	int32_t dir;
	const struct flist_file *f = flist_in_find(&s->push->list, w->ndx, &dir);
	int r = f == NULL ? 0 : hardlink_end(s, f, HARDLINK_LOST, NULL);

	free(w->xname);
	flist_in_pending(&s->push->list, w->ndx, -1);
	return r;
}

/* Those at the front that the client gave up. */
static int
drop_gone(struct session *s)
{
	struct request w;
	int r = 0;

	while (r == 0 && requests_pop_gone(&s->push->requests, &w))
		r = will_not_come(s, &w);
	return r;
}

int
receiver_give_up(struct session *s)
{
	struct request w;
	int r = 0;

	while (r == 0 && requests_pop(&s->push->requests, &w))
		r = will_not_come(s, &w);
	return r;
}

/* The answer to which request is this?  Older ones that were passed over will not come (below protocol
 * 30 nothing else says so). */
static int
match_request(struct session *s, int32_t ndx)
{
	struct recv_file *x = &s->push->receiver->file;
	int32_t dir;
	int r = 0;

	while (r == 0 && requests_pop(&s->push->requests, &x->request)) {
		if (x->request.ndx == ndx) {
			job_init(&x->job, ndx, flist_in_find(&s->push->list, ndx, &dir), false);
			if (x->job.file == NULL)
				return E_FORMAT;
			x->job.exists = x->request.replaces;
			dest_path(&s->push->dest, x->job.file, x->job.path);
			return 0;
		}
		if (s->proto.version >= 30 && !x->request.gone)
			return E_FORMAT;
		r = will_not_come(s, &x->request);
		x->request.xname = NULL;
	}
	return r == 0 ? E_FORMAT : r;
}

static int
read_head(struct session *s)
{
	struct recv_file *x = &s->push->receiver->file;
	struct cursor c = peer_unread(&s->peer);
	int r = sum_head_get(&c, s->proto.version, strong_len(s->proto.xfer_sum), &x->head);

	if (r == 0 && head_length(&x->head) > x->request.basis_size)
		r = E_FORMAT;	/* not what we sent */
	if (r != 0)
		return r;
	peer_consume(&s->peer, &c);
	r = begin_file(s);
	if (r == 0 && s->push->receiver->decompress != NULL)
		r = decompress_begin(s->push->receiver->decompress);
	x->stage = RECV_TOKENS;
	return r == 0 && s->push->receiver->decompress == NULL ? peer_pull(&s->peer, true) : r;
}

static int
block_at(const struct recv_file *x, int64_t block, int64_t *ret_at, size_t *ret_n)
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
	struct recv_file *x = &s->push->receiver->file;

	if (x->block_size < n) {
		free(x->block);
		x->block_size = n;
		if ((x->block = malloc(n)) == NULL) {
			x->block_size = 0;
			return -ENOMEM;
		}
	}
	basis_read(x->basis_fd, x->block, n, at);
	return decompress_matched(s->push->receiver->decompress, x->block, n, s->proto.version < 31);
}

/* A block of the basis.  One that cannot be read any more makes the sum wrong, and the file is asked for again. */
static int
put_block(struct session *s, int64_t block)
{
	struct recv_file *x = &s->push->receiver->file;
	int64_t at;
	size_t n;
	int r = block_at(x, block, &at, &n);

	if (r == 0 && s->push->receiver->decompress != NULL && decompress_wants_matched(s->push->receiver->decompress))
		r = show_block(s, at, n);
	return r == 0 ? written(s, file_write_copy(&x->out, at, n)) : r;
}

/* Some of the literal data that is due: from what was taken out of frames, or where it lies in one. */
static int
read_literal(struct session *s)
{
	struct recv_file *x = &s->push->receiver->file;
	struct cursor c = peer_unread(&s->peer);
	size_t n = cur_left(&c) < x->left ? cur_left(&c) : x->left;
	const uint8_t *p;
	int r;

	if (n > 0) {
		r = literal(s, cur_bytes(&c, n), n);
		peer_consume(&s->peer, &c);
	} else {
		if ((r = peer_bulk(&s->peer, x->left, &p, &n)) != 0)
			return r;
		r = literal(s, p, n);
		peer_bulk_done(&s->peer, n);
	}
	x->left -= (uint32_t)n;
	return r;
}

/* Plain tokens, as many as have come.  0 at the end of the file. */
static int
read_tokens(struct session *s)
{
	struct recv_file *x = &s->push->receiver->file;
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
	int r = decompress_flush(s->push->receiver->decompress);

	for (int64_t i = 0; i < n && r == 0; i++)
		r = put_block(s, first + i);
	s->push->receiver->file.block_at = first + n - 1;
	return r;
}

/* Compressed records.  0 at the end of the file. */
static int
read_records(struct session *s)
{
	struct recv_file *x = &s->push->receiver->file;
	int r = 0;

	for (;;) {
		struct cursor c = peer_unread(&s->peer);
		struct token_record t;

		if ((r = token_get(&c, x->block_at, &t)) != 0)
			return r;
		if (t.kind == TOKEN_END)
			r = decompress_flush(s->push->receiver->decompress);
		else if (t.kind == TOKEN_DATA)
			r = decompress_data(s->push->receiver->decompress, t.bytes, t.n);
		else
			r = put_run(s, t.block, (int64_t)t.n);
		if (r != 0)
			return r;
		peer_consume(&s->peer, &c);
		if (t.kind == TOKEN_END)
			return 0;
	}
}

static int
read_sum(struct session *s)
{
	struct recv_file *x = &s->push->receiver->file;
	size_t n = strong_len(s->proto.xfer_sum);
	struct cursor c = peer_unread(&s->peer);
	const uint8_t *theirs = cur_bytes(&c, n);
	uint8_t ours[DIGEST_MAX];
	int32_t ndx = x->request.ndx;
	int r;

	if (theirs == NULL)
		return c.err;
	if ((r = file_write_end(&x->out)) == -ENOMEM || (x->out.err != 0 && (r = written(s, 0)) != 0))
		return r;
	strong_final(s->sum, ours);
	if (r != 0) {
		report_failed(s, "receiver", "ftruncate", &s->push->dest.tree, x->job.path, r);
		recv_drop_temporary(x);
		r = hardlink_end(s, x->job.file, HARDLINK_LOST, NULL);
	} else if (x->discard) {
		r = hardlink_end(s, x->job.file, HARDLINK_LOST, NULL);
	} else if (memcmp(theirs, ours, n) == 0) {
		r = recv_complete(s);
		s->files_moved++;
		s->bytes_moved += (uint64_t)x->job.file->size;
		recv_log_file(s, &x->job, x->flags, peer_data_in(&s->peer) + n - x->data_in, ours);
	} else {
		r = recv_wrong_sum(s);
	}
	peer_consume(&s->peer, &c);
	file_reset(s);
	flist_in_pending(&s->push->list, ndx, -1);
	return r;
}

int
receiver_take(struct session *s)
{
	struct recv_file *x = &s->push->receiver->file;
	int r = 0;

	if (x->stage == RECV_HEAD)
		r = read_head(s);
	if (r == 0 && x->stage == RECV_TOKENS && (r = s->push->receiver->decompress != NULL ? read_records(s) : read_tokens(s)) == 0)
		x->stage = RECV_SUM;
	if (r == 0 && x->stage == RECV_SUM)
		r = read_sum(s);
	return r;
}

int
receiver_answer(struct session *s, int32_t ndx, unsigned flags)
{
	struct recv_file *x = &s->push->receiver->file;
	int r = drop_gone(s);

	if (r == 0)
		r = match_request(s, ndx);
	if (r != 0)
		return r;
	x->stage = RECV_HEAD;
	x->flags = flags;
	x->data_in = peer_data_in(&s->peer);
	return 0;
}

int
receiver_drop_gone(struct session *s)
{
	return s->push->receiver->file.stage == RECV_IDLE ? drop_gone(s) : 0;
}

void
receiver_abort(struct session *s)
{
	struct receiver *in = s->push->receiver;

	if (in == NULL)
		return;
	if (in->file.stage != RECV_IDLE && in->file.fd >= 0 && in->file.job.file != NULL)
		recv_interrupted(s);
	file_reset(s);
	file_write_done(&in->file.out);
	free(in->file.block);
	in->file.block = NULL;
}
