/* The worker's side of the vault: a handshake that needs a signature is put aside until it is there.
 * Nothing here blocks.  When the vault is gone, requests wait for the next one until their time is up. */
#ifndef SALLYPORT_TUNNEL_IPC_VAULT_CLIENT_H
#define SALLYPORT_TUNNEL_IPC_VAULT_CLIENT_H

#include <stdatomic.h>

#include "lib/loop.h"
#include "tunnel/tls/remotekey.h"

enum { VAULT_QUEUE = 1024 };		/* handshakes of a worker that wait at a time */

struct vault_ask;

struct vault_queue {
	struct loop *loop;
	struct watch watch;		/* of the channel; fd -1: there is none at present */
	struct vault_ask *first, *unsent, **last;
	struct timer deadline;		/* of the first */
	uint64_t wait_ms;
	uint32_t next_id;
	unsigned n;
	_Atomic uint32_t *told;		/* where n is told; NULL: nowhere */
};

/* fd (the channel, or -1) is taken; so is that of vault_queue_channel, by which a new vault is reached. */
void vault_queue_init(struct vault_queue *q, struct loop *loop, int fd, uint64_t wait_ms);
void vault_queue_channel(struct vault_queue *q, int fd);
void vault_queue_done(struct vault_queue *q);

/* For remotekeys_set_signer, with the queue.  To be called within an ASYNC job whose wait context has a
 * callback: called when it is time to resume the job.  A job resumed before fails at once. */
size_t vault_sign(void *queue, const struct remote_request *req, uint8_t *sig, size_t size);

#endif
