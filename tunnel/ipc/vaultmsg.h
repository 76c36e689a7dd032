/* What a worker asks the vault, and what it hears back: one datagram each, the answers in the order of
 * the requests. */
#ifndef SALLYPORT_TUNNEL_IPC_VAULTMSG_H
#define SALLYPORT_TUNNEL_IPC_VAULTMSG_H

#include <stdint.h>

#include "tunnel/tls/remotekey.h"

/* Data: what a handshake signs, before it is hashed.  The longest is what a client signs to TLS 1.2, all messages so far:
 * with a server's chain and list of authorities at their limits, and a chain of our own. */
enum { VAULT_DATA_MAX = 163840, VAULT_SIG_MAX = 1024 };

struct vault_ask_head {
	uint32_t id;
	uint32_t slot;
	uint32_t pss;
	uint32_t n;			/* bytes of data that follow: all the rest */
	uint32_t digest;		/* enum tls_digest */
};

struct vault_answer {
	uint32_t id;			/* the request's */
	uint32_t n;			/* bytes of sig; 0: not signed */
	uint8_t sig[VAULT_SIG_MAX];
};

#define VAULT_ANSWER_HEAD offsetof(struct vault_answer, sig)

#endif
