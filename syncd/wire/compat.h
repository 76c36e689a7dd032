/* The binary set-up: what a client can do, what the server answers, and which names of two
 * lists win (rsync-wire 1.9, 2.2, 2.3). */
#ifndef SALLYPORT_SYNCD_WIRE_COMPAT_H
#define SALLYPORT_SYNCD_WIRE_COMPAT_H

#include <stdbool.h>
#include <stddef.h>

enum { NEGOTIATE_LIST_MAX = 255 };

/* The flags to set for a client that sent these capability letters (what follows the dot of
 * -e.LETTERS).  want is what this server offers; the client's letters only take away. */
unsigned compat_flags(const char *letters, unsigned want);

/* The name that both sides settle on: the first of the client's list that is in the server's
 * (blank-separated; "xxhash" is "xxh64").  Copied to dst (size bytes); false when none. */
bool negotiate_name(const char *client, const char *server, char *dst, size_t size);

#endif
