/* The end of a push: phases are closed in step with the client (rsync-wire 9.2). */
#ifndef SALLYPORT_SYNCD_PUSH_ENDGAME_H
#define SALLYPORT_SYNCD_PUSH_ENDGAME_H

#include "syncd/session/session.h"

struct endgame;

/* s->push->endgame.  0 or -ENOMEM; to be ended with endgame_end. */
int endgame_begin(struct session *s);
void endgame_end(struct session *s);

/* The client's NDX_DONE was read. */
void endgame_done_seen(struct session *s);

/* Is the first phase still running? */
bool endgame_in_first_phase(const struct session *s);

/* Close the segments whose files are all dealt with. */
void endgame_close_segments(struct session *s);

/* One step towards the end; the last sets the session's phase.  1: something was done; 0: it waits for the client; or an error. */
int endgame_step(struct session *s);

#endif
