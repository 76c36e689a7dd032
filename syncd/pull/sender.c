/* Answer requests: echo what is only reported, send what is asked for, and keep the file list
 * ahead of the client (rsync-wire section 7). */
#include "syncd/pull/pull.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"
#include "syncd/wire/attr.h"
#include "syncd/wire/int.h"

enum {
	AHEAD_MIN = 1000,	/* files listed ahead before requests are answered */
	AHEAD_MAX = 10000,	/* and while nothing else is to do */
	SMALL_MAX = TOKEN_LITERAL_MAX,	/* files up to this size are read in one go, */
	COPY_MAX = 65536,	/* up to this one copied; larger ones moved by the kernel */
	PIECE = 196608,		/* of a large file: one token, one frame, one sendfile */
	SUM_PIECE = 131072,	/* of it, looked at in one go */
	WINDOW = 262144,	/* of the delta search, beyond what a block needs */
	SUMS_FIRST = 1024,
};

static void
sending_done(struct session *s)
{
	struct sending *x = &s->pull->send;

	closer_add(&s->pull->closer, x->fd);
	match_free(x->match);
	free(x->nums);
	free(x->weak);
	free(x->strong);
	free(x->window);
	memset(x, 0, offsetof(struct sending, xname));
	x->fd = -1;
}

/* --- requests ------------------------------------------------------------------------- */

/* What a request is about: a listed file, or a directory under its gap index. */
static struct attrs_of
object_of(const struct session *s, int32_t *ret_set)
{
	bool gap;
	const struct file *f = source_find(s->pull->source, s->pull->send.ndx, &gap);
	const struct place *p;

	if (f == NULL && (p = source_gap(s->pull->source, s->pull->send.ndx)) != NULL) {
		*ret_set = p->xattrs;
		return (struct attrs_of){ p->fs, ".", S_IFDIR, false };
	}
	if (f == NULL)		/* the top directory, which the first list begins with */
		f = source_find(s->pull->source, s->pull->send.ndx + 1, &gap);
	if (f == NULL) {
		*ret_set = 0;
		return (struct attrs_of){ "", ".", S_IFDIR, false };
	}
	*ret_set = file_more(f)->xattrs;
	return (struct attrs_of){ source_place(s->pull->source, f)->fs, f->name, f->mode, f->followed };
}

static int
put_item(struct session *s)
{
	struct buf *b = peer_out(&s->peer);
	struct attrs_of of;
	int32_t set;

	ndx_put(b, s->proto.version, &s->ndx_out, s->pull->send.ndx);
	if (s->proto.version >= 29)
		item_put(b, &s->pull->send.item);
	if (!s->pull->send.answers)
		return 0;
	of = object_of(s, &set);
	if (set == 0)
		return E_FORMAT;
	return attrs_answer(s->pull->attrs, b, &of, set, s->pull->send.nums, s->pull->send.n_nums);
}

/* Does a request for attribute values follow this item (rsync-wire 5.15)? */
static bool
asks_xattrs(const struct session *s, const struct item *it)
{
	bool optimised = s->proto.version >= 31 && !(s->proto.compat & CF_AVOID_XATTR_OPTIM);

	return s->opt.xattrs > 0 && s->opt.dry_run == 0 && (it->flags & ITEM_REPORT_XATTR) &&
	    !(optimised && (it->flags & ITEM_XNAME_FOLLOWS) && (it->flags & ITEM_LOCAL_CHANGE));
}

/* Read the request.  0, E_SHORT, or what is wrong with it. */
static int
take_xattr_request(struct session *s, struct cursor *c)
{
	struct sending *x = &s->pull->send;
	int32_t set;
	size_t most;
	int r;

	object_of(s, &set);
	most = attrs_count(s->pull->attrs, set);
	free(x->nums);
	if ((x->nums = calloc(most + 1, sizeof *x->nums)) == NULL)
		return -ENOMEM;
	if ((r = xattr_request_get(c, x->nums, most, &x->n_nums)) != 0)
		return r;
	x->answers = true;
	return x->n_nums > 0 && x->nums[x->n_nums - 1] > most ? E_LIMIT : 0;
}

/* One more end of a list or phase: answered at once.  True when it was the last. */
static bool
take_done(struct session *s)
{
	int last = s->proto.version >= 29 ? 3 : 2;

	ndx_put(peer_out(&s->peer), s->proto.version, &s->ndx_out, NDX_DONE);
	if (s->pull->done_seen == 0 && (s->proto.compat & CF_INC_RECURSE) && !source_release(s->pull->source))
		return false;
	return ++s->pull->done_seen == last;
}

int
sender_del_stats(struct session *s, struct cursor *c)
{
	int32_t v[5];

	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		v[i] = get_varint(c);
	if (c->err != 0)
		return c->err;
	ndx_put(peer_out(&s->peer), s->proto.version, &s->ndx_out, NDX_DEL_STATS);
	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		put_varint(peer_out(&s->peer), v[i]);
	return 0;
}

/* Is this file one that data may be asked of now?  Everything else is a lie. */
static int
check_request(struct session *s)
{
	bool gap;
	const struct file *f = source_find(s->pull->source, s->pull->send.ndx, &gap);

	if (f == NULL && !gap)
		return E_LIMIT;
	if (!(s->pull->send.item.flags & ITEM_TRANSFER))
		return 0;
	if (f == NULL || !S_ISREG(f->mode) || s->pull->done_seen > 1)
		return E_FORMAT;
	return 0;
}

/* The keep-alive of protocol 29: an index one past the end, flagged as new and nothing else. */
static bool
is_noop(const struct session *s)
{
	return s->proto.version == 29 && s->pull->send.item.flags == ITEM_IS_NEW &&
	    s->pull->send.ndx == (int32_t)source_newest(s->pull->source)->n;
}

/* --append: the client has the beginning and wants the rest.  A repair asks in the normal way. */
static bool
appends(const struct session *s, const struct file *f)
{
	return (s->opt.append > 0 || s->opt.append_verify > 0) && !f->sent;
}

/* A request behind its index.  0, E_SHORT, or what is wrong with it. */
static int
take_item(struct session *s, struct cursor *c, int32_t ndx)
{
	struct sending *x = &s->pull->send;
	bool gap;
	int r;

	x->ndx = ndx;
	x->item = (struct item){ .flags = ITEM_TRANSFER, .basis = BASIS_DEST, .xname = "" };
	if (s->proto.version >= 29 && (r = item_get(c, &x->item)) != 0)
		return r;
	if (is_noop(s)) {
		peer_put_message(&s->peer, MSG_DATA, NULL, 0);
		return 0;
	}
	memcpy(x->xname, x->item.xname, x->item.xname_len);	/* the cursor's bytes go away */
	x->item.xname = x->xname;
	if ((r = check_request(s)) != 0)
		return r;
	x->answers = false;
	if (asks_xattrs(s, &x->item) && (r = take_xattr_request(s, c)) != 0)
		return r;
	if (!(x->item.flags & ITEM_TRANSFER) || s->opt.dry_run) {
		r = put_item(s);
		x->answers = false;
		return r;
	}
	if ((r = sum_head_get(c, s->proto.version, strong_len(s->proto.xfer_sum), &x->head)) != 0)
		return r;
	if (x->head.count > 0 && (x->head.digest == 0 || s->proto.xfer_sum == SUM_NONE))
		return E_FORMAT;	/* a sum of nothing matches everything */
	x->stage = SEND_SUMS;
	if (appends(s, source_find(s->pull->source, ndx, &gap))) {
		x->prefix = (int64_t)x->head.count * x->head.block - (x->head.tail > 0 ? x->head.block - x->head.tail : 0);
		x->sums_read = x->head.count;	/* none are sent */
	}
	return 0;
}

/* One request.  0, E_SHORT, E_EOF after the last phase, or an error. */
static int
read_request(struct session *s)
{
	struct cursor c = peer_unread(&s->peer);
	struct ndx_state st = s->ndx_in;
	int32_t ndx = ndx_get(&c, s->proto.version, &st);
	bool last = false;
	int r = c.err;

	if (r == 0 && ndx == NDX_DONE)
		last = take_done(s);
	else if (r == 0 && ndx == NDX_DEL_STATS && s->proto.version >= 31)
		r = sender_del_stats(s, &c);
	else if (r == 0)
		r = take_item(s, &c, ndx);
	if (r != 0)
		return r;
	s->ndx_in = st;
	peer_consume(&s->peer, &c);
	return last ? E_EOF : 0;
}

/* --- the sums of the client's blocks ---------------------------------------------------- */

/* Are the client's blocks worth a search?  A window holds two of them, and below protocol 30 a
 * block may be 512 MiB: a request of some bytes must not cost that.  Real clients come near neither
 * bound with files below some TiB. */
static bool
searches(const struct sending *x)
{
	return x->head.count > 0 && x->head.block <= BLOCK_SEARCH_MAX &&
	    (int64_t)x->head.count * (4 + x->head.digest) <= SUMS_BYTES_MAX;
}

static int
grow_sums(struct sending *x)
{
	size_t n = (size_t)x->sums_read, cap;
	uint32_t *weak;
	uint8_t *strong;

	if (n != 0 && (n < SUMS_FIRST || (n & (n - 1)) != 0))
		return 0;		/* room was made at the last power of two */
	cap = n < SUMS_FIRST ? SUMS_FIRST : n * 2;
	if ((weak = reallocarray(x->weak, cap, sizeof *weak)) == NULL)
		return -ENOMEM;
	x->weak = weak;
	if ((strong = reallocarray(x->strong, cap, (size_t)x->head.digest)) == NULL)
		return -ENOMEM;
	x->strong = strong;
	return 0;
}

/* As many sums as are there; memory grows with what was received, not with what was claimed. */
static int
read_sums(struct session *s)
{
	struct sending *x = &s->pull->send;
	struct cursor c = peer_unread(&s->peer);
	size_t digest = (size_t)x->head.digest;
	int r = 0;

	while (r == 0 && x->sums_read < x->head.count && cur_left(&c) >= 4 + digest) {
		if (!searches(x)) {
			cur_bytes(&c, 4 + digest);
			x->sums_read++;
			continue;
		}
		if ((r = grow_sums(x)) != 0)
			break;
		x->weak[x->sums_read] = cur_le32(&c);
		memcpy(x->strong + (size_t)x->sums_read * digest, cur_bytes(&c, digest), digest);
		x->sums_read++;
	}
	peer_consume(&s->peer, &c);
	return r != 0 ? r : x->sums_read < x->head.count ? E_SHORT : 0;
}

/* --- sending one file ------------------------------------------------------------------- */

static const char *
shown_path(const struct session *s, const struct file *f, char *dst, size_t size)
{
	const char *dir = source_place(s->pull->source, f)->fs;
	char path[2 * NAME_BYTES_MAX];

	snprintf(path, sizeof path, "%s%s%s", dir, dir[0] == '\0' ? "" : "/", f->name);
	return source_shown(s->pull->source, f->dir, path, dst, size);
}

/* The file cannot be sent: say why, and that nothing will come. */
static void
cannot_send(struct session *s, const struct file *f, int err)
{
	char path[2 * NAME_BYTES_MAX + 1];

	shown_path(s, f, path, sizeof path);
	if (err == -ENOENT && s->proto.version >= 28)
		session_tell(s, MSG_WARNING, "file has vanished: \"%s\" (in %s)\n", path, s->grant.module);
	else
		session_tell(s, MSG_ERROR_XFER, "rsync: [sender] send_files failed to open \"%s\" (in %s): %s (%d)\n", path,
		    s->grant.module, strerror(-err), -err);
	if (s->proto.version >= 30) {
		peer_put_number(&s->peer, MSG_IO_ERROR, err == -ENOENT ? IOERR_VANISHED : IOERR_GENERAL);
		peer_put_number(&s->peer, MSG_NO_SEND, s->pull->send.ndx);
	}
	sending_done(s);
}

/* The part that the client has is longer than what we have. */
static void
diminished(struct session *s, const struct file *f)
{
	char path[2 * NAME_BYTES_MAX + 1];

	session_tell(s, MSG_WARNING, "skipped diminished file: \"%s\" (in %s)\n", shown_path(s, f, path, sizeof path),
	    s->grant.module);
	if (s->proto.version >= 30)
		peer_put_number(&s->peer, MSG_NO_SEND, s->pull->send.ndx);
	sending_done(s);
}

/* Is what the client has part of the sum?  Below protocol 30 always. */
static bool
verifies_append(const struct session *s)
{
	return s->opt.append_verify > 0 || s->opt.append > 1 || s->proto.version < 30;
}

static int
start_delta(struct session *s)
{
	struct sending *x = &s->pull->send;
	struct block_sums sums = {
		.count = (size_t)x->head.count, .block = (size_t)x->head.block, .tail = (size_t)x->head.tail,
		.digest = (size_t)x->head.digest, .weak = x->weak, .strong = x->strong,
	};
	bool in_place = (s->opt.inplace > 0 && x->item.basis == BASIS_DEST) ||
	    ((s->proto.compat & CF_INPLACE_PARTIAL_DIR) && x->item.basis == BASIS_PARTIAL_DIR);

	x->window_size = 2 * ((size_t)x->head.block + MATCH_LITERAL_MAX) + WINDOW;
	if ((x->window = malloc(x->window_size)) == NULL)
		return -ENOMEM;
	x->stage = SEND_DELTA;
	return match_new(&sums, s->sum, in_place, &s->pull->match_cost, &x->match);
}

int
sender_open(struct session *s, const struct file *f, struct stat *ret_st)
{
	const char *dir = source_place(s->pull->source, f)->fs;

	return f->followed ? opener_followed(&s->pull->opener, dir, f->name, ret_st) :
	    opener_file(&s->pull->opener, dir, f->name, ret_st);
}

int
sender_succeeded(struct session *s, int32_t ndx)
{
	char path[2 * NAME_BYTES_MAX + 1];
	bool gap;
	const struct file *f = s->pull == NULL || s->pull->source == NULL ? NULL : source_find(s->pull->source, ndx, &gap);
	struct stat was;
	int r;

	if (f == NULL || S_ISDIR(f->mode))
		return E_LIMIT;
	memset(&was, 0, sizeof was);
	was.st_dev = file_more(f)->inode.dev;
	was.st_ino = file_more(f)->inode.ino;
	was.st_mode = f->mode;
	was.st_size = f->size;
	was.st_mtim = (struct timespec){ f->mtime, f->nsec };
	if ((r = opener_remove(&s->pull->remover, source_place(s->pull->source, f)->fs, f->name, &was)) == 0)
		return 0;
	shown_path(s, f, path, sizeof path);
	if (r == -ESTALE)
		session_tell(s, MSG_ERROR_XFER, "ERROR: Skipping sender remove for changed file: %s\n", path);
	else
		session_tell(s, MSG_ERROR_XFER, "rsync: [sender] sender failed to remove \"%s\" (in %s): %s (%d)\n", path,
		    s->grant.module, strerror(-r), -r);
	return 0;
}

/* --- what goes over the wire: plain tokens, or compressed ones ----------------------------- */

/* A record of compressed data, from the compressor. */
void
sender_sink(void *arg, const uint8_t *bytes, size_t n)
{
	struct session *s = arg;

	token_data_put(peer_out(&s->peer), bytes, n);
}

static int
put_literal(struct session *s, const uint8_t *p, size_t n)
{
	if (s->pull->squeeze != NULL) {
		token_run_put(peer_out(&s->peer), &s->pull->send.run);
		return squeeze_data(s->pull->squeeze, p, n);
	}
	buf_le32(peer_out(&s->peer), (uint32_t)n);
	buf_put(peer_out(&s->peer), p, n);
	return 0;
}

static int
put_match(struct session *s, int32_t block, const uint8_t *p, size_t n)
{
	int r;

	if (s->pull->squeeze == NULL) {
		buf_le32(peer_out(&s->peer), (uint32_t)token_of_block(block));
		return 0;
	}
	if ((r = squeeze_flush(s->pull->squeeze)) != 0)
		return r;
	token_block_put(peer_out(&s->peer), &s->pull->send.run, block);
	return squeeze_matched(s->pull->squeeze, p, n, s->proto.version < 31);
}

static int
put_end(struct session *s)
{
	int r;

	if (s->pull->squeeze == NULL) {
		buf_le32(peer_out(&s->peer), 0);
		return 0;
	}
	if ((r = squeeze_flush(s->pull->squeeze)) != 0)
		return r;
	token_run_put(peer_out(&s->peer), &s->pull->send.run);
	token_end_put(peer_out(&s->peer));
	return 0;
}

/* Read at most n bytes; a file that ends early or fails is broken from there on. */
static size_t
read_at(struct sending *x, uint8_t *dst, size_t n, int64_t at)
{
	size_t got = 0;
	ssize_t r;

	while (got < n && (r = pread(x->fd, dst + got, n - got, at + (int64_t)got)) > 0)
		got += (size_t)r;
	if (got < n)
		x->broken = true;
	return got;
}

/* A small file, or the end of one: a token at a time, through the buffer. */
static void
copy_piece(struct session *s, size_t n)
{
	struct sending *x = &s->pull->send;
	struct buf *b = peer_out(&s->peer);
	size_t got;
	uint8_t *at;

	n = n > TOKEN_LITERAL_MAX ? TOKEN_LITERAL_MAX : n;
	buf_le32(b, (uint32_t)n);
	if ((at = buf_reserve(b, n)) == NULL)
		return;
	got = read_at(x, at, n, x->sent);
	memset(at + got, 0, n - got);
	buf_commit(b, n);
	strong_update(s->sum, at, n);
	x->sent += (int64_t)n;
}

/* The same for a compressed stream: read, sum, squeeze. */
static int
squeeze_piece(struct session *s, size_t n)
{
	struct sending *x = &s->pull->send;
	size_t got;

	if (x->window == NULL && (x->window = malloc(PIECE)) == NULL)
		return -ENOMEM;
	n = n > PIECE / 4 ? PIECE / 4 : n;
	got = read_at(x, x->window, n, x->sent);
	memset(x->window + got, 0, n - got);
	strong_update(s->sum, x->window, n);
	x->sent += (int64_t)n;
	return put_literal(s, x->window, n);
}

/* A large file: we only look at the bytes to sum them, the kernel moves them. */
static int
move_piece(struct session *s, size_t n)
{
	struct sending *x = &s->pull->send;
	size_t got = SUM_PIECE;

	if (x->window == NULL && (x->window = malloc(PIECE)) == NULL)
		return -ENOMEM;
	for (size_t at = 0; at < n && got == SUM_PIECE; at += got) {	/* while it is in the first caches */
		got = read_at(x, x->window, n - at < SUM_PIECE ? n - at : SUM_PIECE, x->sent + (int64_t)at);
		strong_update(s->sum, x->window, got);
	}
	buf_le32(peer_out(&s->peer), (uint32_t)n);
	peer_put_file(&s->peer, x->fd, x->sent, n);
	x->sent += (int64_t)n;
	return 0;
}

/* Sum what the client has already, a piece at a time. */
static enum step
send_prefix(struct session *s)
{
	struct sending *x = &s->pull->send;
	size_t n = x->prefix - x->prefix_summed > PIECE ? PIECE : (size_t)(x->prefix - x->prefix_summed);

	if (x->window == NULL && (x->window = malloc(PIECE)) == NULL)
		return pull_broken(s, -ENOMEM);
	strong_update(s->sum, x->window, read_at(x, x->window, n, x->prefix_summed));
	x->prefix_summed += (int64_t)n;
	if (x->prefix_summed >= x->prefix)
		x->stage = SEND_WHOLE;
	return STEP_YIELD;
}

static enum step
send_whole(struct session *s)
{
	struct sending *x = &s->pull->send;
	int r = 0;

	while (x->sent < x->size) {
		size_t left = x->size - x->sent > PIECE ? PIECE : (size_t)(x->size - x->sent);

		if (!peer_room(&s->peer))
			return STEP_WAIT;
		if (s->pull->squeeze != NULL)
			r = squeeze_piece(s, left);
		else if (x->size <= COPY_MAX || x->broken)
			copy_piece(s, left);
		else
			r = move_piece(s, left);
		if (r != 0)
			return pull_broken(s, r);
	}
	x->stage = SEND_TAIL;
	return STEP_NEXT;
}

/* Slide the window: drop what is done with, read what fits. */
static void
slide_window(struct session *s, int64_t keep)
{
	struct sending *x = &s->pull->send;
	size_t drop = (size_t)(keep - x->window_at), got, want;

	memmove(x->window, x->window + drop, x->window_len - drop);
	x->window_at = keep;
	x->window_len -= drop;
	want = x->window_size - x->window_len;
	if ((int64_t)want > x->size - keep - (int64_t)x->window_len)
		want = (size_t)(x->size - keep - (int64_t)x->window_len);
	got = read_at(x, x->window + x->window_len, want, keep + (int64_t)x->window_len);
	strong_update(s->sum, x->window + x->window_len, got);
	x->window_len += got;
	x->window_last = x->broken || keep + (int64_t)x->window_len >= x->size;
}

static enum step
send_delta(struct session *s)
{
	struct sending *x = &s->pull->send;
	struct match_event ev;
	struct match_window w;
	int r = 0;

	for (;;) {
		if (r != 0)
			return pull_broken(s, r);
		if (!peer_room(&s->peer))
			return STEP_WAIT;
		w = (struct match_window){ x->window, x->window_len, x->window_at, x->window_last };
		match_next(x->match, &w, &ev);
		if (work_over(&s->work))
			return pull_broken(s, s->work.err);
		switch (ev.kind) {
		case MATCH_LITERAL:
			r = put_literal(s, x->window + ev.at, ev.len);
			break;
		case MATCH_BLOCK:
			r = put_match(s, ev.block, x->window + ev.at, ev.len);
			break;
		case MATCH_MORE:
			slide_window(s, ev.keep);
			break;
		case MATCH_END:
			x->stage = SEND_TAIL;
			return STEP_NEXT;
		}
	}
}

/* The end of the tokens and the sum of the whole; a wrong sum when the data was not whole, so
 * that the client asks again instead of keeping it. */
static enum step
send_tail(struct session *s)
{
	struct sending *x = &s->pull->send;
	static const uint8_t zeros[DIGEST_MAX];
	uint8_t sum[DIGEST_MAX];
	size_t n = strong_len(s->proto.xfer_sum);
	int r;

	if (!peer_room(&s->peer))
		return STEP_WAIT;
	x->broken = x->broken || s->peer.file_short;
	s->peer.file_short = false;
	strong_final(s->sum, sum);
	if (x->broken) {
		bool all_zero = memcmp(sum, zeros, n) == 0;

		memset(sum, 0, n);
		sum[n - 1] = all_zero;
	}
	if ((r = put_end(s)) != 0)
		return pull_broken(s, r);
	buf_put(peer_out(&s->peer), sum, n);
	sending_done(s);
	return STEP_NEXT;
}

/* --- the beginning ------------------------------------------------------------------------ */

/* A small file is read to its end, as it was listed, before anything else is asked about it.  1: it was whole
 * and is in s->pull->small; 0: it has changed, look closer; negative: it cannot be opened. */
static int
read_small(struct session *s, const struct file *f)
{
	struct sending *x = &s->pull->send;
	ssize_t n;

	if (s->pull->small == NULL && (s->pull->small = malloc(SMALL_MAX + 1)) == NULL)
		return -ENOMEM;
	if ((x->fd = opener_any(&s->pull->opener, source_place(s->pull->source, f)->fs, f->name)) < 0)
		return x->fd;
	n = pread(x->fd, s->pull->small, (size_t)f->size + 1, 0);	/* one more: it may have grown */
	return n == f->size;
}

/* Open the file; what is small and unchanged is in s->pull->small then (*ret_small). */
static int
open_to_send(struct session *s, const struct file *f, bool *ret_small)
{
	struct sending *x = &s->pull->send;
	struct stat st;
	int r;

	*ret_small = false;
	if (f->size > SMALL_MAX || f->followed || x->prefix > 0 || searches(x) || s->opt.remove_source > 0) {
		if ((x->fd = sender_open(s, f, &st)) < 0)
			return x->fd;
		x->size = st.st_size;
		source_is_now(s->pull->source, x->ndx, &st);
		return 0;
	}
	if ((r = read_small(s, f)) < 0)
		return r;
	*ret_small = r > 0;
	if (*ret_small) {
		x->size = f->size;
		return 0;
	}
	if ((r = opener_regular(x->fd, &st)) < 0)
		x->fd = -1;
	else
		x->size = st.st_size;
	return r;
}

static int
put_small(struct session *s)
{
	struct sending *x = &s->pull->send;

	strong_update(s->sum, s->pull->small, (size_t)x->size);
	x->sent = x->size;
	x->stage = SEND_TAIL;
	return x->size == 0 ? 0 : put_literal(s, s->pull->small, (size_t)x->size);
}

/* The sums are complete: open the file and announce what comes. */
static int
start_file(struct session *s)
{
	struct sending *x = &s->pull->send;
	bool gap;
	struct file *f = source_find(s->pull->source, x->ndx, &gap);
	bool small;
	int r;

	if ((r = open_to_send(s, f, &small)) < 0) {
		cannot_send(s, f, r);
		return 0;
	}
	if (x->prefix > x->size) {
		diminished(s, f);
		return 0;
	}
	f->sent = true;
	if (s->pull->squeeze != NULL)
		squeeze_begin(s->pull->squeeze);
	if ((r = put_item(s)) != 0)
		return r;
	sum_head_put(peer_out(&s->peer), &x->head);
	if (small)
		return put_small(s);
	x->sent = x->prefix;
	if (searches(x) && x->prefix == 0)
		return start_delta(s);
	x->stage = x->prefix > 0 && verifies_append(s) ? SEND_PREFIX : SEND_WHOLE;
	return 0;
}

static enum step
send_step(struct session *s)
{
	int r = 0;

	switch (s->pull->send.stage) {
	case SEND_SUMS:
		if ((r = read_sums(s)) == 0)
			r = start_file(s);
		return r == 0 ? STEP_NEXT : session_short(s, r);
	case SEND_DELTA:
		return send_delta(s);
	case SEND_PREFIX:
		return send_prefix(s);
	case SEND_WHOLE:
		return send_whole(s);
	case SEND_TAIL:
		return send_tail(s);
	case SEND_IDLE:
		break;
	}
	return STEP_NEXT;
}

/* --- the loop --------------------------------------------------------------------------- */

/* Finish the segment being written, or begin the next.  0, or an error. */
static int
list_ahead(struct session *s)
{
	int r;

	if (!s->pull->list_open) {
		r = flist_next(s);
		if (r == E_EOF) {
			ndx_put(peer_out(&s->peer), s->proto.version, &s->ndx_out, NDX_FLIST_EOF);
			s->pull->list_eof_sent = true;
			return 0;
		}
		if (r != 0)
			return r;
	}
	return flist_emit(s) < 0 ? E_LIMIT : 0;
}

static bool
wants_listing(const struct session *s, size_t ahead)
{
	return (s->proto.compat & CF_INC_RECURSE) && !s->pull->list_eof_sent && source_wants_more(s->pull->source, ahead);
}

enum step
sender_run(struct session *s)
{
	int r;

	if (s->pull->send.stage != SEND_IDLE)
		return send_step(s);
	if (!peer_room(&s->peer))
		return STEP_WAIT;
	if (s->pull->list_open || wants_listing(s, AHEAD_MIN))
		return (r = list_ahead(s)) == 0 ? STEP_NEXT : pull_broken(s, r);
	if ((r = read_request(s)) == E_EOF) {
		s->phase = PH_GOODBYE;
		return STEP_NEXT;
	}
	if (r == E_SHORT)	/* nothing to do for a while */
		closer_flush(&s->pull->closer);
	if (r == E_SHORT && wants_listing(s, AHEAD_MAX))
		return (r = list_ahead(s)) == 0 ? STEP_YIELD : pull_broken(s, r);
	return r == 0 ? STEP_NEXT : session_short(s, r);
}
