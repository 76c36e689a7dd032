/* Answer requests: echo what is only reported, send what is asked for, and keep the file list
 * ahead of the client (rsync-wire section 7). */
#include "syncd/pull/pull.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/err.h"
#include "syncd/wire/attr.h"
#include "syncd/wire/int.h"

enum {
	AHEAD_MIN = 1000,	/* files listed ahead before requests are answered */
	AHEAD_MAX = 10000,	/* and while nothing else is to do */
};

/* Does a request for attribute values follow this item (rsync-wire 5.15)? */
static bool
asks_xattrs(const struct session *s, const struct item *it)
{
	bool optimised = s->proto.version >= 31 && !(s->proto.compat & CF_AVOID_XATTR_OPTIM);

	return s->opt.xattrs > 0 && s->opt.dry_run == 0 && (it->flags & REPORT_XATTR) &&
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

	send_item_object(s, &set);
	most = xattr_send_count(s->pull->xattrs, set);
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
	if (s->pull->done_seen == 0 && (s->proto.compat & CF_INC_RECURSE) && !flist_release(s->pull->flist))
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

/* Is this file one that data may be asked of now?  Anything else breaks the protocol. */
static int
check_request(struct session *s)
{
	bool gap;
	const struct file *f = flist_find(s->pull->flist, s->pull->send.ndx, &gap);

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
	    s->pull->send.ndx == (int32_t)flist_newest(s->pull->flist)->n;
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
	x->xname[x->item.xname_len] = '\0';
	x->item.xname = x->xname;
	if ((r = check_request(s)) != 0)
		return r;
	x->answers = false;
	if (asks_xattrs(s, &x->item) && (r = take_xattr_request(s, c)) != 0)
		return r;
	if (!(x->item.flags & ITEM_TRANSFER) || s->opt.dry_run) {
		r = send_item(s);
		x->answers = false;
		send_log(s, NULL);
		return r;
	}
	x->data_out = peer_data_out(&s->peer);
	x->data_in = peer_data_in(&s->peer) + (buf_len(&s->peer.in) - cur_left(c));
	if ((r = sum_head_get(c, s->proto.version, strong_len(s->proto.xfer_sum), &x->head)) != 0)
		return r;
	if (x->head.count > 0 && (x->head.digest == 0 || s->proto.xfer_sum == SUM_NONE))
		return E_FORMAT;	/* a sum of nothing matches everything */
	x->stage = SEND_SUMS;
	if (appends(s, flist_find(s->pull->flist, ndx, &gap))) {
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

int
sender_succeeded(struct session *s, int32_t ndx)
{
	char path[2 * NAME_BYTES_MAX + 1];
	bool gap;
	const struct file *f = s->pull == NULL || s->pull->flist == NULL ? NULL : flist_find(s->pull->flist, ndx, &gap);
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
	if ((r = opener_remove(&s->pull->remover, flist_dir_of(s->pull->flist, f)->fs, f->name, &was)) == 0)
		return 0;
	pull_shown(s, f, path, sizeof path);
	if (r == -ESTALE)
		session_tell(s, MSG_ERROR_XFER, "ERROR: Skipping sender remove for changed file: %s\n", path);
	else
		session_tell(s, MSG_ERROR_XFER, "rsync: [sender] sender failed to remove \"%s\" (in %s): %s (%d)\n", path,
		    s->grant.module, strerror(-r), -r);
	return 0;
}

/* Finish the segment being written, or begin the next.  0, or an error. */
static int
list_ahead(struct session *s)
{
	int r;

	if (!s->pull->list_open) {
		r = flist_send_next(s);
		if (r == E_EOF) {
			ndx_put(peer_out(&s->peer), s->proto.version, &s->ndx_out, NDX_FLIST_EOF);
			s->pull->list_eof_sent = true;
			return 0;
		}
		if (r != 0)
			return r;
	}
	return flist_send_emit(s) < 0 ? E_LIMIT : 0;
}

static bool
wants_listing(const struct session *s, size_t ahead)
{
	return (s->proto.compat & CF_INC_RECURSE) && !s->pull->list_eof_sent && flist_wants_more(s->pull->flist, ahead);
}

enum step
sender_run(struct session *s)
{
	int r;

	if (s->pull->send.stage != SEND_IDLE)
		return send_file_run(s);
	if (!peer_room(&s->peer))
		return STEP_WAIT;
	if (s->pull->list_open || wants_listing(s, AHEAD_MIN))
		return (r = list_ahead(s)) == 0 ? STEP_NEXT : pull_error(s, r);
	if ((r = read_request(s)) == E_EOF) {
		s->phase = PH_GOODBYE;
		return STEP_NEXT;
	}
	if (r == E_SHORT)	/* nothing to do for a while */
		closer_flush(&s->pull->closer);
	if (r == E_SHORT && wants_listing(s, AHEAD_MAX))
		return (r = list_ahead(s)) == 0 ? STEP_YIELD : pull_error(s, r);
	return r == 0 ? STEP_NEXT : session_need_input(s, r);
}
