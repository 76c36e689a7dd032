/* Symlinks, devices and special files of a push: made whole under their names. */
#ifndef SALLYPORT_SYNCD_PUSH_NODES_H
#define SALLYPORT_SYNCD_PUSH_NODES_H

#include "syncd/push/job.h"

/* Make the symlink of a job that was looked at, or change what differs; the client gets its item.  JOB_DONE, JOB_FAILED (told)
 * or an error of ours. */
int nodes_symlink(struct session *s, struct push_job *j);

/* The same for a device, FIFO or socket. */
int nodes_special(struct session *s, struct push_job *j);

/* Is a file of that mode a device? */
bool nodes_is_device(uint32_t mode);

/* What stands there is what it should be but perhaps for its attributes: set those, and tell.  JOB_DONE. */
int nodes_same(struct session *s, struct push_job *j);

#endif
