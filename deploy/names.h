/* The names and addresses under which this machine can be reached. */
#ifndef SALLYPORT_DEPLOY_NAMES_H
#define SALLYPORT_DEPLOY_NAMES_H

#include <stddef.h>

enum { NAMES_MAX = 256, NAME_SIZE = 254 };

struct names {
	char v[NAMES_MAX][NAME_SIZE];	/* DNS names, or addresses as inet_ntop prints them */
	size_t n;
};

/* Add a DNS name or a numeric address unless it is there already.
 * 0, E_FORMAT for what is neither, E_LIMIT when it is full. */
int names_add(struct names *l, const char *text);

/* Is it a numeric address (and else a DNS name)? */
int names_is_address(const char *text);

/* localhost, loopback, the host's name, every interface's address.  What cannot be learned is left out. */
void names_of_machine(struct names *l);

/* Is it an address at which another machine may find this one: numeric, not the loopback's, and good beyond its own link? */
int names_reach(const char *text);

/* Does a look-up of name lead to such an address, within a second? */
int names_resolve(const char *name);

/* The host's own name, or "localhost". */
const char *names_hostname(char *dst, size_t size);

#endif
