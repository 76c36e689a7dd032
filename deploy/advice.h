/* What `serve` tells its user to type on the other machine. */
#ifndef SALLYPORT_DEPLOY_ADVICE_H
#define SALLYPORT_DEPLOY_ADVICE_H

#include "deploy/pki.h"
#include "deploy/plan.h"

enum { ADVICE_CLIENTS_MAX = 32, ADVICE_HOSTS_MAX = 16 };

struct advice {
	const struct plan *plan;
	const struct pki *pki;
	const struct names *names;	/* this machine's */
	const char *host[ADVICE_HOSTS_MAX];	/* those that the user has named, first of all */
	size_t n_hosts;
	const char *client[ADVICE_CLIENTS_MAX];	/* who may enter; none: everybody */
	struct pki_client shown[ADVICE_CLIENTS_MAX];	/* what each of them shows */
	size_t n_clients;
};

/* See that invitations can be made: 0, or E_CONF with e filled. */
int advice_check(const struct advice *a, struct conf_err *e);

/* All of it, to standard output: where it is served, and a line to be pasted for everybody, or one with an invitation for each
 * client.  It may look names up, for a second. */
void advice_print(const struct advice *a);

#endif
