/* What the client answers: files, from literal data and from blocks of what was there. */
#ifndef SALLYPORT_SYNCD_PUSH_RECEIVER_H
#define SALLYPORT_SYNCD_PUSH_RECEIVER_H

#include "syncd/session/session.h"

struct receiver;

/* s->push->receiver.  0 or an error; to be ended with receiver_end. */
int receiver_begin(struct session *s);
void receiver_end(struct session *s);

/* An item of these flags, with data, was read for ndx: it has to be the answer to a request.  0, or E_FORMAT and worse. */
int receiver_answer(struct session *s, int32_t ndx, unsigned flags);

/* Is a file being received? */
bool receiver_busy(const struct session *s);

/* Go on with it.  0 at its end, E_SHORT, or an error. */
int receiver_take(struct session *s);

/* Requests at the head of the queue that the client said it cannot answer are done with.  0 or an error of ours. */
int receiver_drop_gone(struct session *s);

/* At the end of a phase below protocol 30: what was not answered will not come.  0 or an error of ours. */
int receiver_give_up(struct session *s);

/* The connection ends: what has come of a file is kept where that was asked for.  May be called more than once. */
void receiver_abort(struct session *s);

/* --delay-updates: all that waits gets its name.  0 or an error of ours. */
int recv_place_delayed(struct session *s);

#endif
