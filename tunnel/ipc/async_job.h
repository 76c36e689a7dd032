/* What a worker has the spawner do for it, and the bytes that come of it.  A job may be
 * forgotten at any time before it is done. */
#ifndef SALLYPORT_TUNNEL_IPC_ASYNC_JOB_H
#define SALLYPORT_TUNNEL_IPC_ASYNC_JOB_H

#include "tunnel/ipc/spawn_client.h"

struct async_job;

/* Called once, with all that came (n 0: nothing came of it).  The bytes are the job's. */
typedef void (*async_job_done)(void *arg, const uint8_t *bytes, size_t n);

/* Send for it; what is longer than max counts as nothing.  0 and *ret, or -errno. */
int async_job_start(struct spawn_client *q, const struct spawn_request *req, size_t max, async_job_done done, void *arg,
    struct async_job **ret);

/* NULL is fine.  Not from within done. */
void async_job_forget(struct async_job *e);

#endif
