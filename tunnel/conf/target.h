/* "PORT", "HOST:PORT" and "/path" to addresses.  May block on a name server: at start and reload only. */
#ifndef SALLYPORT_TUNNEL_CONF_TARGET_H
#define SALLYPORT_TUNNEL_CONF_TARGET_H

#include "lib/addr.h"
#include "lib/opt.h"

struct targets {
	struct addr *v;
	size_t n;
};

enum target_use { TARGET_ACCEPT, TARGET_CONNECT };

/* The addresses of every text in list, in order.  A bare port means every address of the machine
 * (accept), or itself (connect).  0, or E_CONF and *ret_bad, the text that is none. */
int targets_resolve(const struct opt_list *list, enum target_use use, struct targets *ret, const char **ret_bad);
void targets_done(struct targets *t);

/* Is nobody to be asked about it: an address, a path, or a bare port? */
int target_is_literal(const char *text);

/* What is wrong with the port of a text that cannot be resolved, as the end of a sentence; "" when nothing is. */
const char *target_fault(const char *text);

/* Split at the last colon, with or without brackets round the host; host gets "" for a bare port. */
int target_split(const char *text, char *host, size_t size, const char **ret_port);

#endif
