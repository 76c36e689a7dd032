/* What a worker asks the vault, and what it hears back: one datagram each, the answers in the order of
 * the requests. */
#ifndef SALLYPORT_TUNNEL_VAULTMSG_H
#define SALLYPORT_TUNNEL_VAULTMSG_H

#include <stdint.h>

#include "tunnel/remotekey.h"

/* Data: a digest; or, where the kind of key takes no digest, what a handshake signs. */
enum { VAULT_DATA_MAX = 16384, VAULT_SIG_MAX = 1024 };

struct vault_ask_head {
	uint32_t id;
	uint32_t slot;
	uint32_t pss;
	uint32_t n;			/* bytes of data that follow: all the rest */
	char digest[REMOTE_DIGEST_SIZE];
};

struct vault_answer {
	uint32_t id;			/* the request's */
	uint32_t n;			/* bytes of sig; 0: not signed */
	uint8_t sig[VAULT_SIG_MAX];
};

#define VAULT_ANSWER_HEAD offsetof(struct vault_answer, sig)

#endif
