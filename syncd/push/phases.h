/* The phases of a push, for the table in syncd/phases.c. */
#ifndef SALLYPORT_SYNCD_PUSH_PHASES_H
#define SALLYPORT_SYNCD_PUSH_PHASES_H

#include "syncd/session/session.h"

enum step push_list_run(struct session *s);	/* PH_FLIST_RECV */
enum step push_receive_run(struct session *s);	/* PH_RECEIVE */

/* MSG_NO_SEND for ndx; nothing before there is a push. */
void push_no_send(struct session *s, int32_t ndx);

/* The connection ends: what is half done is kept or dropped. */
void push_abort(struct session *s);

/* s->push and all its parts.  0, 1 (told) or an error; to be freed with push_free also where it fails. */
int push_begin(struct session *s);
void push_free(struct session *s);

#endif
