/* Points about who listens where: listen.*, socket.*. */
#ifndef SALLYPORT_DEPLOY_VERIFY_LISTEN_H
#define SALLYPORT_DEPLOY_VERIFY_LISTEN_H

#include "deploy/verify/ask.h"
#include "deploy/verify/processes.h"

/* Judge all listening sockets of this machine that matter to the model. */
void listen_judge(const struct ask *a);

/* Pure: judge one port.  wanted are the addresses at which something must listen ("0.0.0.0:874"), n of them; whatever else listens
 * at that port is a fault.  service is the unit that must hold them, with the service manager; NULL: whoever does. */
void listen_judge_port(struct points *l, const struct processes *all, const char *id, uint16_t port, const char *const *wanted, size_t n,
    const char *service, bool holders_seen);

/* Pure: is the plain text's port to be reached from this machine alone?  listen.plain */
void listen_judge_plain(struct points *l, const struct processes *all, uint16_t port);

#endif
