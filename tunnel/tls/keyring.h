/* Private keys kept out of this process: a child reads their files, leaves the secret halves in memory
 * that only the vault maps, and tells the rest.  Neither a page nor a free block of ours ever held one. */
#ifndef SALLYPORT_TUNNEL_TLS_KEYRING_H
#define SALLYPORT_TUNNEL_TLS_KEYRING_H

#include <stdint.h>

#include "lib/err.h"
#include "tunnel/tls/keyfile.h"
#include "tunnel/tls/remotekey.h"

/* The keys of one plan. */
struct keyring {
	struct remotekeys *remote;	/* borrowed: makes the keys that stand for them */
	int fd;				/* where the secrets are, unlinked; -1: nowhere yet */
	uint32_t n;			/* how many */
};

/* Reads files into k as keyfile_read does; 0, E_CONF with *e, or -errno. */
typedef int (*keyring_read_fn)(const void *arg, struct keyfile *k, struct conf_err *e);

/* The same in a child: the keys in k are remote ones then, but for those whose secret is a provider's
 * own, where it stays.  client: a client's keys, which sign nothing that a server does. */
int keyring_read(struct keyring *ring, int client, keyring_read_fn read, const void *arg, struct keyfile *k, struct conf_err *e);

/* Close what holds the secrets, in every process but the master and the vault. */
void keyring_close(struct keyring *ring);

/* In the vault: all keys in the order of their numbers, into keys (ring->n of them), and whether each is a client's, into
 * clients; then the memory they came from is no more in this process.  0 or -errno. */
int keyring_open(const struct keyring *ring, EVP_PKEY **keys, uint8_t *clients);

#endif
