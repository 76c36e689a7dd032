/* Session ticket keys: fixed ones from the configuration, or a chain of our own that all workers
 * walk alike, so that a session can be resumed at whichever worker takes the connection. */
#ifndef SALLYPORT_TUNNEL_TLS_TICKET_H
#define SALLYPORT_TUNNEL_TLS_TICKET_H

#include <openssl/ssl.h>
#include <stdint.h>

enum { TICKET_NAME = 16, TICKET_KEY = 32 };

struct ticket_key {
	unsigned char name[TICKET_NAME], cipher[TICKET_KEY], mac[TICKET_KEY];
	size_t n_cipher, n_mac;		/* 16 or 32 */
};

struct ticket_ring {
	int fixed;			/* now never changes, and tickets of any name are tried with it */
	uint64_t epoch;			/* of now */
	struct ticket_key now, before;	/* before: still accepted; n_cipher 0: none yet */
	unsigned char secret[TICKET_KEY];	/* the next key comes from it, the past ones cannot */
};

/* 32 or 64 hexadecimal digits, colons allowed: the number of bytes, or 0. */
size_t ticket_secret_parse(const char *text, unsigned char dst[TICKET_KEY]);

/* A random beginning; 0 or -EIO. */
int ticket_ring_init(struct ticket_ring *r, uint64_t epoch);

/* Walk on to epoch; never back. */
int ticket_ring_walk(struct ticket_ring *r, uint64_t epoch);

/* As SSL_CTX_set_tlsext_ticket_key_evp_cb wants it, with the ring found by the caller. */
int ticket_cipher(struct ticket_ring *r, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *c, EVP_MAC_CTX *mac,
    int encrypt);

#endif
