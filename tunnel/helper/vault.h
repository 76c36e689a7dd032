/* The vault: a process that holds the private keys of one generation and signs with them, and does
 * nothing else.  It reads requests from workers, never a byte from a peer, and can open nothing. */
#ifndef SALLYPORT_TUNNEL_HELPER_VAULT_H
#define SALLYPORT_TUNNEL_HELPER_VAULT_H

#include "lib/role.h"
#include "tunnel/tls/keyring.h"

struct vault_job {
	struct keyring *ring;		/* closed once it is read */
	const struct role *role;
	int ctl_fd;			/* the vault's end: channels of workers come over it */
	unsigned rate;			/* signatures a second for one worker */
};

/* Serve until the last channel is closed and no more can come. */
_Noreturn void vault_main(const struct vault_job *job);

#endif
