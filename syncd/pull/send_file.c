/* One file of a pull on its way to the client: the sums of the client's blocks, then whole, as a delta, or from where the client
 * has it already (rsync-wire 7.3 to 7.10). */
#include "syncd/pull/pull.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"

enum {
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

/* The file cannot be sent: say why, and that nothing will come. */
static void
cannot_send(struct session *s, const struct file *f, int err)
{
	char path[2 * NAME_BYTES_MAX + 1];

	pull_shown(s, f, path, sizeof path);
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

	session_tell(s, MSG_WARNING, "skipped diminished file: \"%s\" (in %s)\n", pull_shown(s, f, path, sizeof path),
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

static int
put_literal(struct session *s, const uint8_t *p, size_t n)
{
	if (s->pull->compress != NULL) {
		token_run_put(peer_out(&s->peer), &s->pull->send.run);
		return compress_data(s->pull->compress, p, n);
	}
	buf_le32(peer_out(&s->peer), (uint32_t)n);
	buf_put(peer_out(&s->peer), p, n);
	return 0;
}

static int
put_match(struct session *s, int32_t block, const uint8_t *p, size_t n)
{
	int r;

	if (s->pull->compress == NULL) {
		buf_le32(peer_out(&s->peer), (uint32_t)token_of_block(block));
		return 0;
	}
	if ((r = compress_flush(s->pull->compress)) != 0)
		return r;
	token_block_put(peer_out(&s->peer), &s->pull->send.run, block);
	return compress_matched(s->pull->compress, p, n, s->proto.version < 31);
}

static int
put_end(struct session *s)
{
	int r;

	if (s->pull->compress == NULL) {
		buf_le32(peer_out(&s->peer), 0);
		return 0;
	}
	if ((r = compress_flush(s->pull->compress)) != 0)
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

/* The same for a compressed stream: read, sum, compress. */
static int
compress_piece(struct session *s, size_t n)
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
		return pull_error(s, -ENOMEM);
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
		if (s->pull->compress != NULL)
			r = compress_piece(s, left);
		else if (x->size <= COPY_MAX || x->broken)
			copy_piece(s, left);
		else
			r = move_piece(s, left);
		if (r != 0)
			return pull_error(s, r);
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
			return pull_error(s, r);
		if (!peer_room(&s->peer))
			return STEP_WAIT;
		w = (struct match_window){ x->window, x->window_len, x->window_at, x->window_last };
		match_next(x->match, &w, &ev);
		if (work_over(&s->work))
			return pull_error(s, s->work.err);
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
		return pull_error(s, r);
	buf_put(peer_out(&s->peer), sum, n);
	s->files_moved++;
	s->bytes_moved += (uint64_t)x->size;
	send_log(s, sum);
	sending_done(s);
	return STEP_NEXT;
}

/* A small file is read to its end, as it was listed, before anything else is asked about it.  1: it was whole
 * and is in s->pull->small; 0: it has changed, look closer; negative: it cannot be opened. */
static int
read_small(struct session *s, const struct file *f)
{
	struct sending *x = &s->pull->send;
	ssize_t n;

	if (s->pull->small == NULL && (s->pull->small = malloc(SMALL_MAX + 1)) == NULL)
		return -ENOMEM;
	if ((x->fd = opener_any(&s->pull->opener, flist_dir_of(s->pull->flist, f)->fs, f->name)) < 0)
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
		if ((x->fd = pull_open(s, f, &st)) < 0)
			return x->fd;
		x->size = st.st_size;
		flist_is_now(s->pull->flist, x->ndx, &st);
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
	struct file *f = flist_find(s->pull->flist, x->ndx, &gap);
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
	if (s->pull->compress != NULL)
		compress_begin(s->pull->compress);
	if ((r = send_item(s)) != 0)
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

enum step
send_file_run(struct session *s)
{
	int r = 0;

	switch (s->pull->send.stage) {
	case SEND_SUMS:
		if ((r = read_sums(s)) == 0)
			r = start_file(s);
		return r == 0 ? STEP_NEXT : session_need_input(s, r);
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
