/* Where the daemon listens: addresses, a UNIX socket, or what the service manager passes. */
#ifndef SALLYPORT_SYNCD_LISTENING_H
#define SALLYPORT_SYNCD_LISTENING_H

#include <stddef.h>
#include <sys/types.h>

#include "syncd/policy/conf.h"

enum { LISTENING_MAX = 16, LISTENING_PEERS_MAX = 64 };

struct listening {
	int fd[LISTENING_MAX];
	size_t n;
	int passed;	/* they are the service manager's, whose names are not ours to remove */
};

struct listening_wish {		/* what the command line says of it */
	const char *conf_path;	/* for messages */
	const char *address;	/* --address, or NULL */
	int64_t port;		/* --port, or 0 */
	const char *options;	/* --sockopts, or NULL */
	int family;		/* AF_UNSPEC, AF_INET or AF_INET6 */
	int passed;		/* sockets that the service manager passed, from SOCK_PASSED on; they are all there will be */
};

/* Open (or take) what there is to listen on; what goes wrong is logged.  A socket that would take connections from the network is
 * refused unless "loopback only = no".  0, E_DENIED, another error or -errno: nothing is open then. */
int listening_open(const struct listening_wish *w, const struct syncd_conf *conf, struct listening *l);

/* Close them all; final: the program ends, and the names of UNIX sockets go. */
void listening_close(struct listening *l, int final);

/* A client that is gone is found out, and one that takes nothing is given up: for a connection, or for a listening socket and all that it
 * accepts. */
void listening_keep_alive(int fd);

/* Gets the name of a parameter that cannot be what it is, and a line that says why. */
typedef void listening_told(void *arg, const char *param, const char *text);

/* Tell all that is wrong with what the configuration says of its UNIX socket. */
void listening_check(const struct global_conf *g, listening_told *told, void *arg);

/* Users that may connect to the UNIX socket. */
struct listening_peers {
	uid_t uid[LISTENING_PEERS_MAX];
	size_t n;
	int all;	/* nobody is named: whoever can open the socket may */
};

/* The users that a "socket peers" list names, by name or number.  0; E_FORMAT for one that is not known here, E_LIMIT for too many:
 * then *bad (size bytes) says which, and the others are in *ret. */
int listening_peers(const char *list, struct listening_peers *ret, char *bad, size_t size);

/* May a process of that user connect? */
int listening_admits(const struct listening_peers *p, uid_t uid);

#endif
