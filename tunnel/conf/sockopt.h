/* "l:TCP_NODELAY=1" to setsockopt (stunnel-conf section 7.7). */
#ifndef SALLYPORT_TUNNEL_CONF_SOCKOPT_H
#define SALLYPORT_TUNNEL_CONF_SOCKOPT_H

#include <stddef.h>

#include "lib/buf.h"

enum sockopt_kind {
	SOCKOPT_ACCEPT = 'a',	/* listening sockets */
	SOCKOPT_LOCAL = 'l',	/* accepted ones */
	SOCKOPT_REMOTE = 'r',	/* those connected */
};

struct sockopt {
	enum sockopt_kind kind;
	size_t row;		/* which option */
	long value[2];		/* numbers; linger and time have two */
	char text[16];		/* an interface name */
};

enum { SOCKOPT_MAX = 64 };

/* Copied by assignment. */
struct sockopt_set {
	struct sockopt v[SOCKOPT_MAX];
	size_t n;
};

/* Add one, or replace the same option of the same kind.  0, E_FORMAT or E_LIMIT. */
int sockopt_add(struct sockopt_set *set, const char *text);

/* Set all of that kind on fd: the name of the first that the kernel refused (errno says why), or
 * NULL.  Options of TCP and IP are passed over where the socket is of another family. */
const char *sockopt_apply(const struct sockopt_set *set, enum sockopt_kind kind, int fd, int family);

/* The options there are, in order, NULL after the last, and what their values look like. */
const char *sockopt_name_at(size_t i, const char **ret_shape);

/* Append "socket = ..." for each, as sockopt_add would read it. */
void sockopt_dump(const struct sockopt_set *set, struct buf *out);

#endif
