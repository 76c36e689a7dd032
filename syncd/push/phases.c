/* The phases of a push: the list, and the transfer in both directions at once (rsync-wire 9.2).  endgame.c ends it. */
#include "syncd/push/phases.h"

#include <string.h>

#include "lib/err.h"
#include "syncd/push/basis_sums.h"
#include "syncd/push/delete.h"
#include "syncd/push/dest_open.h"
#include "syncd/push/endgame.h"
#include "syncd/push/flist_recv.h"
#include "syncd/push/generator.h"
#include "syncd/push/parts.h"
#include "syncd/push/push.h"
#include "syncd/push/receiver.h"
#include "syncd/push/recv_log.h"
#include "syncd/push/xattr_recv.h"

enum { STEPS_A_TURN = 64 };	/* of the generator, before the sockets are looked at again */

/* A list of one entry is not all that is needed to know what the destination means (rsync-wire 5.9). */
static int
more_of_first(struct session *s)
{
	struct cursor c;
	struct ndx_state st;
	int32_t ndx;
	int r;

	if (flist_recv_all(s) || s->push->list.segments[0]->n != 1 || s->push->list.n_segments > 1)
		return flist_recv_open(s) ? flist_recv_more(s) : 0;
	c = peer_unread(&s->peer);
	st = s->ndx_in;
	ndx = ndx_get(&c, s->proto.version, &st);
	if (c.err != 0)
		return c.err;
	if (ndx == NDX_FLIST_EOF) {
		if ((r = flist_recv_eof(s)) != 0)
			return r;
	} else if (ndx <= NDX_FLIST_OFFSET) {
		if ((r = flist_recv_segment(s, NDX_FLIST_OFFSET - ndx)) != 0)
			return r;
	} else {
		return E_FORMAT;
	}
	s->ndx_in = st;
	peer_consume(&s->peer, &c);
	return flist_recv_open(s) ? flist_recv_more(s) : 0;
}

/* Deletions before the transfer come first of all. */
static enum step
start_transfer(struct session *s)
{
	int r;

	if (options_delete_when(&s->opt, s->proto.version) == DELETE_BEFORE) {
		if ((r = delete_walk(s)) > 0 && s->phase == PH_FLIST_RECV)
			return STEP_YIELD;
		if (r != 0)
			return r > 0 ? STEP_NEXT : session_error(s, r);
	}
	generator_start(s);
	s->phase = PH_RECEIVE;
	return STEP_NEXT;
}

enum step
push_list_run(struct session *s)
{
	int r = s->push == NULL ? push_begin(s) : 0;

	if (r == 0 && s->push->ready)
		return start_transfer(s);
	if (r == 0 && !flist_recv_first_done(s))
		r = flist_recv_more(s);
	if (r == 0)
		r = more_of_first(s);
	if (r == 1)
		return STEP_NEXT;	/* told */
	if (r != 0)
		return session_need_input(s, r);
	if (s->opt.prune_empty)
		flist_in_prune(&s->push->list);
	if ((r = dest_open(s)) != 0)
		return r == 1 ? STEP_NEXT : session_error(s, r);
	s->push->ready = true;
	return STEP_NEXT;
}

static int
take_ndx(struct session *s)
{
	struct cursor c = peer_unread(&s->peer);
	struct ndx_state st = s->ndx_in;
	int32_t ndx = ndx_get(&c, s->proto.version, &st);
	struct item it = { .flags = 0 };
	int r = c.err;

	if (r != 0)
		return r;
	if (ndx == NDX_DONE) {
		endgame_done_seen(s);
	} else if (ndx == NDX_FLIST_EOF) {
		r = flist_recv_eof(s);
	} else if (ndx <= NDX_FLIST_OFFSET) {
		r = flist_recv_segment(s, NDX_FLIST_OFFSET - ndx);
	} else if (ndx >= 0 && ndx < s->push->list.next_first) {
		/* most items only come back; with data it has to be the answer to a request */
		it.flags = ITEM_TRANSFER;
		if (s->proto.version >= 29)
			r = item_get(&c, &it);
	} else {
		r = E_FORMAT;
	}
	if (r != 0)
		return r;
	if (ndx >= 0 && !(it.flags & ITEM_TRANSFER))
		recv_log_item(s, ndx, &it);
	s->ndx_in = st;
	peer_consume(&s->peer, &c);
	if (ndx >= 0 && xattr_travel(s, it.flags)) {
		xattr_answer_begins(s, ndx, it.flags);
		return 0;
	}
	return (it.flags & ITEM_TRANSFER) && !options_pretend(&s->opt) ? receiver_answer(s, ndx, it.flags) : 0;
}

/* The values of attributes, and then what the item is about. */
static int
take_attrs(struct session *s)
{
	int32_t ndx;
	unsigned flags;
	int r = xattr_answer(s, &ndx, &flags);

	return r == 0 && (flags & ITEM_TRANSFER) && !options_pretend(&s->opt) ? receiver_answer(s, ndx, flags) : r;
}

/* One thing the client said.  0, E_SHORT or an error. */
static int
take_input(struct session *s)
{
	int r = receiver_drop_gone(s);

	if (r != 0)
		return r;
	if (flist_recv_open(s))
		return flist_recv_more(s);
	if (receiver_busy(s))
		return receiver_take(s);
	if (xattr_answering(s))
		return take_attrs(s);
	return take_ndx(s);
}

static int
produce(struct session *s)
{
	int r;

	if (!peer_room(&s->peer))
		return 0;
	if (s->push->list.incremental && endgame_in_first_phase(s) && !basis_sums_open(s) && (r = generator_ask_again(s)) != 0)
		return r;	/* while its list is still open */
	if ((r = generator_step(s)) != 0)
		return r;
	endgame_close_segments(s);
	return endgame_step(s);
}

enum step
push_receive_run(struct session *s)
{
	bool idle = false;
	int r = 0;

	for (int turn = 0; turn < STEPS_A_TURN && !idle && s->phase == PH_RECEIVE; turn++) {
		int got = take_input(s);

		if (got != 0 && got != E_SHORT)
			return got == 1 ? STEP_NEXT : session_error(s, got);
		if (s->phase != PH_RECEIVE)
			break;
		if ((r = produce(s)) < 0)
			return session_error(s, r);
		idle = r == 0 && got == E_SHORT;
	}
	if (s->phase != PH_RECEIVE)
		return STEP_NEXT;
	if (!idle)
		return STEP_YIELD;
	return session_need_input(s, E_SHORT);
}
