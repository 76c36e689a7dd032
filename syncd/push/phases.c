/* The phases of a push: the list, the transfer in both directions at once, and the end (rsync-wire 9.2). */
#include "syncd/push/intake.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>

#include "lib/err.h"
#include "syncd/privmsg.h"
#include "syncd/wire/int.h"

enum { STEPS_A_TURN = 64 };	/* of the generator, before the sockets are looked at again */

/* --- steps that come up again ------------------------------------------------------------------------------- */

void
push_pending(struct session *s, int32_t ndx, int change)
{
	struct in_segment *seg = inlist_segment(&s->push->list, ndx);

	seg->pending = (uint32_t)((int64_t)seg->pending + change);
}

/* Ask once more for one of those whose sum was wrong.  1 or an error. */
static int
ask_again(struct session *s)
{
	int32_t ndx = s->push->redo[--s->push->n_redo];
	int r = generator_redo(s, ndx);

	push_pending(s, ndx, -1);
	return r == 0 ? 1 : r;
}

static void
put_done(struct session *s)
{
	ndx_put(peer_out(&s->peer), s->proto.version, &s->ndx_out, NDX_DONE);
}

/* --- reading the list ---------------------------------------------------------------------------------------- */

/* Where an option leads to what the module's rules hide the transfer ends before it begins, as with rsync, whose two words
 * for it differ.  1: told. */
static int
options_name_hidden(struct session *s)
{
	const struct options *o = &s->opt;
	bool hidden = dest_partial_is_shared(s) && dest_option_hidden(s, o->partial_dir);

	for (size_t i = 0; i < o->n_alt; i++)
		hidden = hidden || dest_option_hidden(s, o->alt_dest[i]);
	if (hidden)
		session_fail(s, RERR_SYNTAX, "Your options have been rejected by the server.");
	else if ((o->backup_dir != NULL && dest_option_hidden(s, o->backup_dir)) || (o->temp_dir != NULL && dest_option_hidden(s, o->temp_dir)))
		session_fail(s, RERR_UNSUPPORTED, "rsync: Your options have been rejected by the server.");
	else
		return 0;
	return 1;
}

/* A link of somebody else is not followed where an option of the client leads through it.  1: told. */
static int
options_name_strangers_link(struct session *s)
{
	const char *const dirs[] = { s->opt.backup_dir, s->opt.temp_dir, dest_partial_is_shared(s) ? s->opt.partial_dir : NULL };
	char path[TREE_PATH_SIZE];

	for (size_t i = 0; i < ARRAY_LEN(dirs); i++)
		if (dirs[i] != NULL && dest_option_place(s, dirs[i], path) == -ELOOP) {
			session_fail(s, RERR_FILEIO, LINK_REFUSED ": \"%s\" (in %s)", dirs[i], s->grant.module);
			return 1;
		}
	return 0;
}

/* Where backups go, for a client that asks for words about them. */
static void
tell_backup_dir(struct session *s)
{
	const char *dir = s->opt.backup_dir;
	char path[TREE_PATH_SIZE];
	struct stat st;

	if (!s->opt.backup || dir == NULL || !generator_informs(s, 2, "backup"))
		return;
	session_tell(s, MSG_INFO, "%sbackup_dir is %s\n",
	    dest_option_place(s, dir, path) == 0 && root_stat(&s->root, path, 1, &st) == 0 ? "" : "(new) ", dir);
}

static int
open_option_trees(struct session *s)
{
	const struct options *o = &s->opt;
	const char *temp = o->temp_dir != NULL ? o->temp_dir : s->grant.temp_dir;
	char shown[2 * TREE_PATH_SIZE];
	int r = options_name_hidden(s);

	if (r == 0)
		r = options_name_strangers_link(s);
	if (r == 0 && dest_partial_is_shared(s))
		r = tree_open(&s->push->partial, &s->root, "");
	if (r != 0)
		return r;

	for (size_t i = 0; i < o->n_alt; i++)
		if ((r = dest_option_tree(s, o->alt_dest[i], &s->push->alt[i])) == -ENOMEM)
			return r;
		else if (r == -ELOOP)
			session_tell(s, MSG_WARNING, LINK_REFUSED ": \"%s\" (in %s)\n", o->alt_dest[i], s->grant.module);
		else if (r != 0)
			session_tell(s, MSG_WARNING, "--%s-dest arg %s: %s\n", o->alt_kind == ALT_LINK ? "link" :
			    o->alt_kind == ALT_COPY ? "copy" : "compare", r == -ENOTDIR ? "is not a dir" : "does not exist",
			    dest_option_shown(s, o->alt_dest[i], shown));
	tell_backup_dir(s);
	if (temp == NULL || temp[0] == '\0' || (r = dest_option_tree(s, temp, &s->push->temp)) == 0)
		return 0;
	if (r == -ENOTDIR)
		session_fail(s, RERR_SYNTAX, "The temp-dir is not a directory: %s", temp);
	else if (r == -ENOENT || r == -EXDEV)	/* nor is there anything outside */
		session_fail(s, RERR_SYNTAX, "The temp-dir does not exist: %s", temp);
	else
		session_fail(s, RERR_SYNTAX, "The temp-dir cannot be opened: %s: %s", temp, strerror(-r));
	return 1;
}

/* A list of one entry is not all that is needed to know what the destination means (rsync-wire 5.9). */
static int
more_of_first(struct session *s)
{
	struct push *in = s->push;
	struct cursor c;
	struct ndx_state st;
	int32_t ndx;
	int r;

	if (!in->list.incremental || in->list.segments[0]->n != 1 || in->eof_seen || in->list.n_segments > 1)
		return in->segment_open ? intake_list(s) : 0;
	c = peer_unread(&s->peer);
	st = s->ndx_in;
	ndx = ndx_get(&c, s->proto.version, &st);
	if (c.err != 0)
		return c.err;
	if (ndx == NDX_FLIST_EOF) {
		in->eof_seen = true;
	} else if (ndx <= NDX_FLIST_OFFSET) {
		if ((r = intake_segment(s, NDX_FLIST_OFFSET - ndx)) != 0)
			return r;
	} else {
		return E_FORMAT;
	}
	s->ndx_in = st;
	peer_consume(&s->peer, &c);
	return in->segment_open ? intake_list(s) : 0;
}

/* Deletions before the transfer come first of all. */
static enum step
start_transfer(struct session *s)
{
	int r;

	if (options_delete_when(&s->opt, s->proto.version) == DELETE_BEFORE) {
		if ((r = remove_walk(s)) > 0 && s->phase == PH_FLIST_RECV)
			return STEP_YIELD;
		if (r != 0)
			return r > 0 ? STEP_NEXT : session_broken(s, r);
	}
	generator_begin(s);
	s->phase = PH_RECEIVE;
	return STEP_NEXT;
}

enum step
intake_run(struct session *s)
{
	struct push *in;
	int r = 0;

	if (s->push == NULL)
		r = intake_new(s);
	in = s->push;
	if (r == 0 && in->settled)
		return start_transfer(s);
	if (r == 0 && !in->list_done)
		r = intake_list(s);
	if (r == 0)
		r = more_of_first(s);
	if (r == 1)
		return STEP_NEXT;	/* told */
	if (r != 0)
		return session_short(s, r);
	if (s->opt.prune_empty)
		inlist_prune(&in->list);
	if ((r = dest_settle(s)) == 0)
		r = open_option_trees(s);
	if (r != 0)
		return r == 1 ? STEP_NEXT : session_broken(s, r);
	in->settled = true;
	return STEP_NEXT;
}

/* --- what the client says ---------------------------------------------------------------------------------------- */

static int
take_ndx(struct session *s)
{
	struct push *in = s->push;
	struct cursor c = peer_unread(&s->peer);
	struct ndx_state st = s->ndx_in;
	int32_t ndx = ndx_get(&c, s->proto.version, &st);
	struct item it = { .flags = 0 };
	int r = c.err;

	if (r != 0)
		return r;
	if (ndx == NDX_DONE) {
		in->done_seen++;
	} else if (ndx == NDX_FLIST_EOF && in->list.incremental && !in->eof_seen) {
		in->eof_seen = true;
	} else if (ndx <= NDX_FLIST_OFFSET) {
		r = intake_segment(s, NDX_FLIST_OFFSET - ndx);
	} else if (ndx >= 0 && ndx < in->list.next_first) {
		/* most items only come back; with data it has to be the answer to a request */
		it.flags = ITEM_TRANSFER;
		if (s->proto.version >= 29)
			r = item_get(&c, &it);
	} else {
		r = E_FORMAT;
	}
	if (r != 0)
		return r;
	s->ndx_in = st;
	peer_consume(&s->peer, &c);
	if (ndx >= 0 && extras_travel(s, it.flags)) {
		extras_answer_begins(s, ndx, it.flags);
		return 0;
	}
	return (it.flags & ITEM_TRANSFER) && !in->pretend ? receiver_answer(s, ndx) : 0;
}

/* The values of attributes, and then what the item is about. */
static int
take_attrs(struct session *s)
{
	const struct attr_answer *a = &s->push->answer;
	int r = extras_answer(s);

	return r == 0 && (a->flags & ITEM_TRANSFER) && !s->push->pretend ? receiver_answer(s, a->ndx) : r;
}

/* One thing the client said.  0, E_SHORT or an error. */
static int
take_input(struct session *s)
{
	int r = receiver_settle_gone(s);

	if (r != 0)
		return r;
	if (s->push->segment_open)
		return intake_list(s);
	if (s->push->take.stage != TAKE_IDLE)
		return receiver_take(s);
	if (s->push->answer.open)
		return take_attrs(s);
	return take_ndx(s);
}

/* --- the end --------------------------------------------------------------------------------------------------------- */

/* Segments whose files are all dealt with are closed in their order, but for the last, whose end is that of
 * the first phase. */
static void
close_segments(struct session *s)
{
	struct inlist *l = &s->push->list;

	while (l->oldest < s->push->seg && l->segments[l->oldest]->pending == 0 && s->push->asking.fd < 0 &&
	    (l->oldest + 1 < l->n_segments)) {
		inlist_release(l);
		s->push->segments_done++;
		put_done(s);
	}
}

/* How many phases the client has ended. */
static int
done_in(const struct session *s)
{
	return s->push->done_seen - s->push->segments_done;
}

static bool
all_listed(const struct session *s)
{
	return !s->push->list.incremental || s->push->eof_seen;
}

static void
put_stats(struct session *s)
{
	if (s->proto.version < 31 || (!options_deletes(&s->opt) && !s->opt.force))
		return;
	ndx_put(peer_out(&s->peer), s->proto.version, &s->ndx_out, NDX_DEL_STATS);
	for (size_t i = 0; i < ARRAY_LEN(s->push->deleted); i++)
		put_varint(peer_out(&s->peer), (int32_t)s->push->deleted[i]);
}

static void
touch_directories(struct session *s)
{
	struct push *in = s->push;

	for (size_t i = in->n_touches; i-- > 0;) {
		const struct touch *d = &in->touches[i];
		struct meta m = { .fake = s->root.fake, .set_mtime = d->set_time, .mtime = d->mtime, .set_mode = d->set_mode, .mode = d->mode };
		struct stat st;
		struct spot at;
		const char *what = "stat";
		int r = tree_stat_dir(&in->tree, d->path, &st);

		if (r == -ENOENT || (r == 0 && !S_ISDIR(st.st_mode)))
			continue;
		if (r == 0 && m.set_mtime && st.st_mtim.tv_sec == m.mtime.tv_sec &&
		    (m.mtime.tv_nsec == 0 || st.st_mtim.tv_nsec == m.mtime.tv_nsec))	/* old protocols send no fractions */
			m.set_mtime = false;
		if (r == 0 && (m.set_mtime || m.set_mode) && (r = tree_spot(&in->tree, d->path, &at)) == 0)
			r = meta_set(-1, &at, &m, &what);
		if (r != 0)
			dest_unset(s, "generator", what, &in->tree, d->path, r);
	}
}

static void
log_totals(struct session *s)
{
	session_log(s, "sent %llu bytes  received %llu bytes  total size %lld", (unsigned long long)peer_transfer_out(&s->peer),
	    (unsigned long long)peer_transfer_in(&s->peer), (long long)s->push->total_size);
}

static void
finish(struct session *s)
{
	if (s->push->delete_skipped > 0)
		session_tell(s, MSG_WARNING, "Deletions stopped due to --max-delete limit (%lld skipped)\n",
		    (long long)s->push->delete_skipped);
	touch_directories(s);
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
	struct push *in = s->push;
	const struct in_segment *last = in->list.segments[in->list.n_segments - 1];

	if (!all_listed(s) || in->segment_open || in->seg < in->list.n_segments || in->asking.fd >= 0)
		return 0;
	if (in->list.incremental && (last->pending > 0 || in->list.oldest + 1 < in->list.n_segments))
		return 0;
	put_done(s);
	in->end = END_PHASE1;
	return 1;
}

/* The client's first DONE: whatever was wrong is asked for once more. */
static int
end_second(struct session *s)
{
	struct push *in = s->push;
	int r = 0;

	if (done_in(s) < 1)
		return 0;
	if (!in->redone) {
		in->redone = true;
		if (s->proto.version < 30 && (r = receiver_give_up(s)) != 0)
			return r;
	}
	if (in->n_redo > 0)
		return ask_again(s);
	if (links_are_due(s))
		return 1;
	if (in->asking.fd >= 0)
		return 0;
	in->late_items = has_late_items(s);
	put_done(s);		/* phase 1 */
	if (s->proto.version >= 29 && !in->late_items)
		put_done(s);	/* phase 2 */
	if (s->proto.version >= 31 && !is_late(s)) {
		put_stats(s);
		if (!in->late_items)
			put_done(s);	/* phase 3 */
	}
	in->end = END_PHASE2;
	return 1;
}

/* The second: the answers to those are in. */
static int
end_third(struct session *s)
{
	struct push *in = s->push;
	int r;

	if (done_in(s) < 2)
		return 0;
	if (s->proto.version < 30 && (r = receiver_give_up(s)) != 0)
		return r;
	if ((r = receiver_place_delayed(s)) != 0)
		return r;
	if (links_are_due(s))
		return 1;
	if (s->proto.version >= 29 && in->late_items) {
		put_done(s);
		if (s->proto.version >= 31 && !is_late(s))
			put_done(s);
	}
	in->end = s->proto.version >= 29 ? END_ECHO3 : END_LATE;
	return 1;
}

static int
end_late(struct session *s)
{
	int r = is_late(s) ? remove_late(s) : 0;

	if (r != 0)
		return r;	/* 1: another directory next time */
	if (s->proto.version >= 31 && is_late(s)) {
		put_stats(s);
		put_done(s);
	}
	s->push->end = s->proto.version >= 31 ? END_ECHO4 : END_DONE;
	return 1;
}

/* One step towards the end.  1: something was done; 0: it waits for the client; or an error. */
static int
end_step(struct session *s)
{
	struct push *in = s->push;

	switch (in->end) {
	case END_RUNNING:
		return end_first(s);
	case END_PHASE1:
		return end_second(s);
	case END_PHASE2:
		return end_third(s);
	case END_ECHO3:
		if (done_in(s) < 3)
			return 0;
		in->end = END_LATE;
		return 1;
	case END_LATE:
		return end_late(s);
	case END_ECHO4:
		if (done_in(s) < 4)
			return 0;
		in->end = END_DONE;
		return 1;
	case END_DONE:
		finish(s);
		return 1;
	}
	return 0;
}

/* --- both directions ----------------------------------------------------------------------------------------------------- */

static int
produce(struct session *s)
{
	struct push *in = s->push;
	int r;

	if (!peer_room(&s->peer))
		return 0;
	if (in->list.incremental && in->n_redo > 0 && in->end == END_RUNNING && in->asking.fd < 0)
		return ask_again(s);	/* while its list is still open */
	if ((r = generator_step(s)) != 0)
		return r;
	close_segments(s);
	return end_step(s);
}

enum step
receive_run(struct session *s)
{
	bool idle = false;
	int r = 0;

	for (int turn = 0; turn < STEPS_A_TURN && !idle && s->phase == PH_RECEIVE; turn++) {
		int got = take_input(s);

		if (got != 0 && got != E_SHORT)
			return got == 1 ? STEP_NEXT : session_broken(s, got);
		if (s->phase != PH_RECEIVE)
			break;
		if ((r = produce(s)) < 0)
			return session_broken(s, r);
		idle = r == 0 && got == E_SHORT;
	}
	if (s->phase != PH_RECEIVE)
		return STEP_NEXT;
	if (!idle)
		return STEP_YIELD;
	return session_short(s, E_SHORT);
}
