/* hosts allow and hosts deny (rsyncd-conf section 11): facts in, verdict out. */
#ifndef SALLYPORT_SYNCD_POLICY_HOSTS_H
#define SALLYPORT_SYNCD_POLICY_HOSTS_H

#include "lib/addr.h"

enum hosts_verdict { HOSTS_ALLOW, HOSTS_DENY };

/* Does this plain host name (or "@netgroup") stand for the peer?  1, 0, or -1: cannot be told.
 * Asked only where `forward lookup` allows it. */
typedef int hosts_resolve(void *arg, const char *token);

struct hosts_facts {
	const struct addr *peer;
	const char *name;	/* verified reverse name, "unknown" or "undetermined" (lower case) */
	hosts_resolve *resolve;	/* NULL: no look-ups */
	void *arg;
};

/* allow and deny are the configured lists, NULL or "" when unset. */
enum hosts_verdict hosts_check(const char *allow, const char *deny, const struct hosts_facts *f);

/* The first token of a list that can be no rule: an address with a mask that is none, or a mask behind what is no address.
 * Whether there is one; token gets it, cut to fit. */
int hosts_bad_token(const char *list, char *token, size_t size);

#endif
