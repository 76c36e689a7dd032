/* What one connection is to be like: from the environment, where the options are by now, then the user's file of hosts, then what
 * goes without saying. */
#ifndef SALLYPORT_CLIENT_WRAP_SETTINGS_H
#define SALLYPORT_CLIENT_WRAP_SETTINGS_H

#include <stdint.h>

#include "client-wrap/hosts.h"
#include "client-wrap/operand.h"
#include "lib/addr.h"
#include "tunnel/tls/tlsconf.h"

enum { SETTINGS_PORT = 874, SETTINGS_SECONDS = 30 };	/* without others: the port, and how long a connection may take to be there */

struct settings {
	const char *host;		/* as it was given */
	const char *name;		/* what the certificate has to name */
	char port[8];
	struct tls_conf tls;
	int pinned;
	uint8_t pin[32];
	int verbose;
	int resume;
	int family;			/* AF_INET, AF_INET6 or AF_UNSPEC */
	int has_address;
	struct addr address;		/* to connect from */
	int has_proxy;
	struct operand proxy;		/* its user may be "name:password" */
	unsigned seconds;		/* until the connection has to be there */
	struct host_entry entry;	/* what the others point to */
	char *one_name[1];
	char *suites, *ciphers;
};

/* Read what holds for host, which is borrowed; port 0: none was given.  0, or enum wrap_status with a message told.  The struct may
 * not be moved afterwards; done is safe after either. */
int settings_read(struct settings *s, const char *host, unsigned port);
void settings_done(struct settings *s);

#endif
