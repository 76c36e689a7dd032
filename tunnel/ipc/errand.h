/* What a worker has the spawner do for it, and the bytes that come of it.  An errand may be
 * forgotten at any time before it is done. */
#ifndef SALLYPORT_TUNNEL_IPC_ERRAND_H
#define SALLYPORT_TUNNEL_IPC_ERRAND_H

#include "tunnel/ipc/ask.h"

struct errand;

/* Called once, with all that came (n 0: nothing came of it).  The bytes are the errand's. */
typedef void (*errand_done)(void *arg, const uint8_t *bytes, size_t n);

/* Send for it; what is longer than max counts as nothing.  0 and *ret, or -errno. */
int errand_start(struct ask_queue *q, const struct spawn_request *req, size_t max, errand_done done, void *arg,
    struct errand **ret);

/* NULL is fine.  Not from within done. */
void errand_forget(struct errand *e);

#endif
