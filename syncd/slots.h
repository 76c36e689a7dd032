/* Places in a lock file, by which connections are counted: a place is a POSIX lock on bytes of the file, shared with every other process
 * that knows it (rsyncd-conf section 6), and given back by the kernel when its process ends. */
#ifndef SALLYPORT_SYNCD_SLOTS_H
#define SALLYPORT_SYNCD_SLOTS_H

#include <stdint.h>

#include "lib/addr.h"

enum { SLOTS_KEYED_MAX = 4096 };	/* that one address or one user may have at most */

/* Take one of the first most places where rsync's own daemon takes them: place i is bytes 4i to 4i+3.  0, or E_LIMIT when none is free. */
int slots_claim(int fd, int64_t most);

/* Take one of the first most places of a key (slots_of_address, slots_of_user); most is at most SLOTS_KEYED_MAX.  0 or E_LIMIT. */
int slots_claim_keyed(int fd, uint64_t key, int64_t most);

/* The key of the network that one party has (lib/addr.h); all that have none share one, which is 0. */
uint64_t slots_of_address(const struct addr *a);

/* The key of a user's name. */
uint64_t slots_of_user(const char *name);

#endif
