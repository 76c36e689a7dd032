/* The sums of a basis on their way to the client, a stretch at a time (rsync-wire 7.3). */
#ifndef SALLYPORT_SYNCD_PUSH_BASIS_SUMS_H
#define SALLYPORT_SYNCD_PUSH_BASIS_SUMS_H

#include "syncd/session/session.h"
#include "syncd/wire/sum.h"

struct basis_sums;

/* s->push->sums.  0 or an error; to be ended with basis_sums_end. */
int basis_sums_begin(struct session *s);
void basis_sums_end(struct session *s);

/* Begin with the blocks of fd, which is taken; head is out already. */
void basis_sums_start(struct session *s, int fd, const struct sum_head *head);

/* Are some still to go out?  Nothing else may stand between them. */
bool basis_sums_open(const struct session *s);

/* Write some more.  1, or an error of ours. */
int basis_sums_step(struct session *s);

#endif
