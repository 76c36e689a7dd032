/* Statistics and the last indices of a pull (rsync-wire 9.1). */
#include "syncd/pull/pull.h"

#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "lib/err.h"
#include "syncd/privmsg.h"
#include "syncd/wire/int.h"

enum { GOODBYE_STATS, GOODBYE_FIRST, GOODBYE_SECOND, GOODBYE_DONE };

static void
put_stats(struct session *s)
{
	struct buf *b = peer_out(&s->peer);
	int v = s->proto.version;

	put_size(b, v, (int64_t)peer_transfer_in(&s->peer));
	put_size(b, v, (int64_t)(peer_transfer_out(&s->peer) + buf_len(b)));
	put_size(b, v, flist_total_size(s->pull->flist));
	if (v >= 29) {
		put_size(b, v, s->pull->flist_ms > 0 ? (int64_t)s->pull->flist_ms : 1);	/* of 0 a client says nothing */
		put_size(b, v, 0);
	}
}

/* The keep-alive of protocol 29 is an item; nothing else may come here. */
static int
skip_item(struct session *s, struct cursor *c)
{
	struct item item;
	int r;

	if (s->proto.version != 29)
		return E_FORMAT;
	if ((r = item_get(c, &item)) != 0)
		return r;
	return item.flags == ITEM_IS_NEW ? 0 : E_FORMAT;
}

/* The client's next DONE; delete statistics and keep-alives may stand before it.
 * 0, E_SHORT or worse. */
static int
read_done(struct session *s)
{
	int32_t ndx = 0;
	int r = 0;

	while (r == 0 && ndx != NDX_DONE) {
		struct cursor c = peer_unread(&s->peer);
		struct ndx_state st = s->ndx_in;

		ndx = ndx_get(&c, s->proto.version, &st);
		if ((r = c.err) == 0 && ndx == NDX_DEL_STATS && s->proto.version >= 31)
			r = sender_del_stats(s, &c);
		else if (r == 0 && ndx != NDX_DONE)
			r = skip_item(s, &c);
		if (r != 0)
			return r;
		s->ndx_in = st;
		peer_consume(&s->peer, &c);
	}
	return r;
}

static void
log_totals(struct session *s)
{
	char text[160];

	snprintf(text, sizeof text, "sent %llu bytes  received %llu bytes  total size %lld",
	    (unsigned long long)peer_transfer_out(&s->peer), (unsigned long long)peer_transfer_in(&s->peer),
	    (long long)flist_total_size(s->pull->flist));
	ask_log(s->monitor_fd, LOG_INFO, text, strlen(text));
}

enum step
goodbye_run(struct session *s)
{
	int r;

	if (s->pull->goodbye == GOODBYE_STATS) {
		put_stats(s);
		s->pull->goodbye = GOODBYE_FIRST;
	}
	while (s->pull->goodbye < GOODBYE_DONE) {
		if ((r = read_done(s)) == E_SHORT && s->peer.eof && s->pull->goodbye == GOODBYE_SECOND)
			break;		/* some clients leave without the last word */
		if (r != 0)
			return session_need_input(s, r);
		if (s->proto.version >= 31 && s->pull->goodbye == GOODBYE_FIRST)
			ndx_put(peer_out(&s->peer), s->proto.version, &s->ndx_out, NDX_DONE);
		s->pull->goodbye = s->proto.version >= 31 && s->pull->goodbye == GOODBYE_FIRST ? GOODBYE_SECOND : GOODBYE_DONE;
	}
	log_totals(s);
	s->phase = PH_DRAIN;
	return STEP_NEXT;
}
