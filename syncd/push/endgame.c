/* The end of a push: when each phase is over, and what is said then (rsync-wire 9.2). */
#include "syncd/push/endgame.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/err.h"
#include "syncd/push/basis_sums.h"
#include "syncd/push/delete.h"
#include "syncd/push/directories.h"
#include "syncd/push/flist_recv.h"
#include "syncd/push/generator.h"
#include "syncd/push/push.h"
#include "syncd/push/receiver.h"
#include "syncd/session/xfer_log.h"
#include "syncd/wire/int.h"
#include "syncd/wire/ndx.h"

struct endgame {
	enum { END_RUNNING, END_PHASE1, END_PHASE2, END_ECHO3, END_LATE, END_ECHO4, END_DONE } end;
	int done_seen;		/* the client's NDX_DONE, */
	int segments_done;	/* of which the first answer those of segments that we closed */
	bool redone;		/* what the first phase left was looked at */
	bool late_items;	/* items may follow the answers of the second phase, which is not closed before */
};

int
endgame_begin(struct session *s)
{
	s->push->endgame = calloc(1, sizeof *s->push->endgame);
	return s->push->endgame == NULL ? -ENOMEM : 0;
}

void
endgame_end(struct session *s)
{
	free(s->push->endgame);
	s->push->endgame = NULL;
}

void
endgame_done_seen(struct session *s)
{
	s->push->endgame->done_seen++;
}

bool
endgame_in_first_phase(const struct session *s)
{
	return s->push->endgame->end == END_RUNNING;
}

static void
put_done(struct session *s)
{
	ndx_put(peer_out(&s->peer), s->proto.version, &s->ndx_out, NDX_DONE);
}

/* Those that are closed are not asked about any more, but their items may be on their way back, to be logged, until the client says that
 * it has done with the segment. */
static void
release_closed(struct session *s)
{
	const struct endgame *e = s->push->endgame;
	int free_up_to = xfer_log_tells(s, "i") && e->done_seen < e->segments_done ? e->done_seen : e->segments_done;

	while ((int)s->push->list.oldest < free_up_to)
		flist_in_release(&s->push->list);
}

/* Segments whose files are all dealt with are closed in their order, but for the last, whose end is that of
 * the first phase. */
void
endgame_close_segments(struct session *s)
{
	struct flist_in *l = &s->push->list;
	size_t closed = (size_t)s->push->endgame->segments_done;

	while (closed < generator_segment(s) && l->segments[closed]->pending == 0 && !basis_sums_open(s) && closed + 1 < l->n_segments) {
		s->push->endgame->segments_done = (int)++closed;
		put_done(s);
	}
	release_closed(s);
}

/* How many phases the client has ended. */
static int
done_in(const struct session *s)
{
	return s->push->endgame->done_seen - s->push->endgame->segments_done;
}

static void
put_stats(struct session *s)
{
	if (s->proto.version < 31 || (!options_deletes(&s->opt) && !s->opt.force))
		return;
	ndx_put(peer_out(&s->peer), s->proto.version, &s->ndx_out, NDX_DEL_STATS);
	for (size_t i = 0; i < 5; i++)
		put_varint(peer_out(&s->peer), (int32_t)delete_counts(s)[i]);
}

static void
log_totals(struct session *s)
{
	session_log(s, "sent %llu bytes  received %llu bytes  total size %lld", (unsigned long long)peer_transfer_out(&s->peer),
	    (unsigned long long)peer_transfer_in(&s->peer), (long long)flist_recv_total_size(s));
}

static void
finish(struct session *s)
{
	if (delete_skipped(s) > 0)
		session_tell(s, MSG_WARNING, "Deletions stopped due to --max-delete limit (%lld skipped)\n",
		    (long long)delete_skipped(s));
	directories_finish(s);
	put_done(s);
	log_totals(s);
	s->phase = PH_DRAIN;
}

static bool
is_late(const struct session *s)
{
	enum delete_when when = options_delete_when(&s->opt, s->proto.version);

	return when == DELETE_DELAY || when == DELETE_AFTER;
}

/* Names that have just become links, or may be asked for, come before the next phase. */
static bool
links_are_due(const struct session *s)
{
	return s->push->hardlinks != NULL && hardlinks_ready(s->push->hardlinks);
}

/* Will what is awaited now be followed by items? */
static bool
has_late_items(const struct session *s)
{
	return s->opt.delay_updates || (s->push->hardlinks != NULL && hardlinks_wait(s->push->hardlinks));
}

/* The first phase is over when everything was asked for and answered. */
static int
end_first(struct session *s)
{
	struct endgame *g = s->push->endgame;
	const struct flist_segment *last = s->push->list.segments[s->push->list.n_segments - 1];

	if (!flist_recv_all(s) || flist_recv_open(s) || generator_segment(s) < s->push->list.n_segments || basis_sums_open(s))
		return 0;
	if (s->push->list.incremental && (last->pending > 0 || s->push->list.oldest + 1 < s->push->list.n_segments))
		return 0;
	put_done(s);
	g->end = END_PHASE1;
	return 1;
}

/* The client's first DONE: whatever was wrong is asked for once more. */
static int
end_second(struct session *s)
{
	struct endgame *g = s->push->endgame;
	int r = 0;

	if (done_in(s) < 1)
		return 0;
	if (!g->redone) {
		g->redone = true;
		if (s->proto.version < 30 && (r = receiver_give_up(s)) != 0)
			return r;
	}
	if ((r = generator_ask_again(s)) != 0)
		return r;
	if (links_are_due(s))
		return 1;
	if (basis_sums_open(s))
		return 0;
	g->late_items = has_late_items(s);
	put_done(s);		/* phase 1 */
	if (s->proto.version >= 29 && !g->late_items)
		put_done(s);	/* phase 2 */
	if (s->proto.version >= 31 && !is_late(s)) {
		put_stats(s);
		if (!g->late_items)
			put_done(s);	/* phase 3 */
	}
	g->end = END_PHASE2;
	return 1;
}

/* The second: the answers to those are in. */
static int
end_third(struct session *s)
{
	struct endgame *g = s->push->endgame;
	int r;

	if (done_in(s) < 2)
		return 0;
	if (s->proto.version < 30 && (r = receiver_give_up(s)) != 0)
		return r;
	if ((r = recv_place_delayed(s)) != 0)
		return r;
	if (links_are_due(s))
		return 1;
	if (s->proto.version >= 29 && g->late_items) {
		put_done(s);
		if (s->proto.version >= 31 && !is_late(s))
			put_done(s);
	}
	g->end = s->proto.version >= 29 ? END_ECHO3 : END_LATE;
	return 1;
}

static int
end_late(struct session *s)
{
	int r = is_late(s) ? delete_late(s) : 0;

	if (r != 0)
		return r;	/* 1: another directory next time */
	if (s->proto.version >= 31 && is_late(s)) {
		put_stats(s);
		put_done(s);
	}
	s->push->endgame->end = s->proto.version >= 31 ? END_ECHO4 : END_DONE;
	return 1;
}

/* One step towards the end.  1: something was done; 0: it waits for the client; or an error. */
int
endgame_step(struct session *s)
{
	struct endgame *g = s->push->endgame;

	switch (g->end) {
	case END_RUNNING:
		return end_first(s);
	case END_PHASE1:
		return end_second(s);
	case END_PHASE2:
		return end_third(s);
	case END_ECHO3:
		if (done_in(s) < 3)
			return 0;
		g->end = END_LATE;
		return 1;
	case END_LATE:
		return end_late(s);
	case END_ECHO4:
		if (done_in(s) < 4)
			return 0;
		g->end = END_DONE;
		return 1;
	case END_DONE:
		finish(s);
		return 1;
	}
	return 0;
}
