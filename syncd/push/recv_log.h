/* The log of a push's items ("transfer logging"). */
#ifndef SALLYPORT_SYNCD_PUSH_RECV_LOG_H
#define SALLYPORT_SYNCD_PUSH_RECV_LOG_H

#include "syncd/push/job.h"

/* An item without data went out under index ndx: where such things are logged, it is when it comes back. */
void recv_log_await(struct session *s, int32_t ndx);

/* An item without data came back (below protocol 29: was told in words) under index ndx, and is told of as it says. */
void recv_log_item(struct session *s, int32_t ndx, const struct item *it);

/* The job's file was received: it took so many bytes, and sum is that of the whole. */
void recv_log_file(struct session *s, const struct push_job *j, unsigned flags, uint64_t bytes, const uint8_t *sum);

#endif
