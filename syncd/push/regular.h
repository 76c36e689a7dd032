/* Regular files of a push: left alone, made from what is here, or asked for. */
#ifndef SALLYPORT_SYNCD_PUSH_REGULAR_H
#define SALLYPORT_SYNCD_PUSH_REGULAR_H

#include "syncd/push/job.h"

/* Decide about the regular file of a job that was looked at.  JOB_DONE, JOB_FAILED, JOB_ASKED (its request is out, and the sums
 * of its basis are on their way: basis_sums.h), or an error of ours. */
int regular_file(struct session *s, struct push_job *j);

#endif
