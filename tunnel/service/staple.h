/* What a server section sends with its certificate: an OCSP response about itself, fetched in the
 * background and again before it runs out.  Each worker keeps its own. */
#ifndef SALLYPORT_TUNNEL_SERVICE_STAPLE_H
#define SALLYPORT_TUNNEL_SERVICE_STAPLE_H

#include "tunnel/ipc/spawn_client.h"
#include "tunnel/service/service.h"

struct stapler;

/* Begin for all sections of the set that can; settled is called, later, when each has got its first
 * answer or none.  *ret NULL: there are none, and settled is not called.  0 or -ENOMEM. */
int stapler_new(const struct service_set *set, struct spawn_client *asks, void (*settled)(void *arg), void *arg,
    struct stapler **ret);
void stapler_free(struct stapler *s);

#endif
