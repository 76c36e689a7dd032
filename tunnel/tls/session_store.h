/* Sessions of clients, by the server that they are good for, in memory that all workers of one generation share: the next connection
 * to a server resumes whichever worker has it.  Bytes by key: it knows nothing of TLS.  Every worker can write all of it, so what is read
 * from it is a peer's: copied out before it is looked at, its size bounded, and nobody waits for a lock. */
#ifndef SALLYPORT_TUNNEL_TLS_SESSION_STORE_H
#define SALLYPORT_TUNNEL_TLS_SESSION_STORE_H

#include <stddef.h>
#include <stdint.h>

enum {
	SESSION_STORE_KEY = 32,		/* bytes of a key: a digest */
	SESSION_STORE_BYTES = 8000,	/* of a session; larger ones are not kept */
	SESSION_STORE_BUCKETS = 64, SESSION_STORE_WAYS = 8,	/* so many sessions at most in each */
	SESSION_STORE_EACH = 4,		/* and of those so many of one key */
};

struct session_store;

/* The memory, nobody's mapping yet: a descriptor, whose size nobody can change, or -errno. */
int session_store_fd(void);

/* Map it, for good (or until the process ends).  fd stays the caller's.  0 or -errno. */
int session_store_map(int fd, struct session_store **ret);
void session_store_unmap(struct session_store *s);	/* s may be NULL */

/* Keep n bytes until then (s, wall clock).  once: the one who takes it is the only one; else it stays, and takes the place of the one of
 * that key before it.  Of one key too many, the oldest goes.  What cannot be kept is not. */
void session_store_put(struct session_store *s, const unsigned char key[SESSION_STORE_KEY], const uint8_t *bytes, size_t n, int once,
    int64_t until);

/* The newest of that key: its size, and dst holds it; 0 when there is none. */
size_t session_store_take(struct session_store *s, const unsigned char key[SESSION_STORE_KEY], uint8_t dst[SESSION_STORE_BYTES]);

/* None of that key is there any more. */
void session_store_forget(struct session_store *s, const unsigned char key[SESSION_STORE_KEY]);

#endif
