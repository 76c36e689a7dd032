/* A push as a whole: its parts made and freed, and what reaches it from beside its phases. */
#ifndef SALLYPORT_SYNCD_PUSH_PARTS_H
#define SALLYPORT_SYNCD_PUSH_PARTS_H

#include "syncd/session/session.h"

/* MSG_NO_SEND for ndx; nothing before there is a push. */
void push_no_send(struct session *s, int32_t ndx);

/* The connection ends: what is half done is kept or dropped. */
void push_abort(struct session *s);

/* s->push and all its parts.  0, 1 (told) or an error; to be freed with push_free also where it fails. */
int push_begin(struct session *s);
void push_free(struct session *s);

#endif
