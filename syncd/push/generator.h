/* What is done about each entry of the client's list, in its order. */
#ifndef SALLYPORT_SYNCD_PUSH_GENERATOR_H
#define SALLYPORT_SYNCD_PUSH_GENERATOR_H

#include "syncd/session/session.h"

struct generator;

/* s->push->generator.  0 or -ENOMEM; to be ended with generator_end. */
int generator_begin(struct session *s);
void generator_end(struct session *s);

/* Before the first entry. */
void generator_start(struct session *s);

/* One entry of the oldest unfinished list, a name that waited for another, or a piece of sums.  1: there was something to do;
 * 0: not now; or an error of ours. */
int generator_step(struct session *s);

/* Ask once more for one of the files whose sum was wrong.  1; 0: there is none; or an error of ours. */
int generator_ask_again(struct session *s);

/* The number of the segment that is worked on: those before it were looked at to their ends. */
size_t generator_segment(const struct session *s);

#endif
