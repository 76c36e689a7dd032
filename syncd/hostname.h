/* Names of hosts, as the system's resolver knows them.  Each call may block, and parses what name servers say. */
#ifndef SALLYPORT_SYNCD_HOSTNAME_H
#define SALLYPORT_SYNCD_HOSTNAME_H

#include <stddef.h>

#include "lib/addr.h"

enum { HOSTNAME_SIZE = 256 };

enum hostname_result {
	HOSTNAME_FOUND,		/* text: the name */
	HOSTNAME_FAILED,	/* text: why there is none */
	HOSTNAME_SPOOFED,	/* text: the name that the address claims, and that does not lead back to it */
};

/* The name of an IP address, looked up both ways. */
enum hostname_result hostname_of(const struct addr *a, char text[HOSTNAME_SIZE]);

/* Does this name lead to the address (family AF_UNSPEC or AF_INET)?  1, 0, or -1 where the look-up fails. */
int hostname_leads_to(const char *name, const struct addr *a, int family);

#endif
