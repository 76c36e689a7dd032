/* The daemon's connections, from the text of `sallyport-syncd --status --json`.  Pure. */
#ifndef SALLYPORT_DEPLOY_STATUS_SESSIONS_H
#define SALLYPORT_DEPLOY_STATUS_SESSIONS_H

#include "deploy/status/facts.h"

/* Fill v and n of ret.  0; E_FORMAT for any other text: then there are none.  Those that are more than there is room for are left out. */
int sessions_parse(const char *text, struct status_sessions *ret);

/* How fast they are, by the look before, whose time is another one: the same connection is one of the same process, module and
 * address. */
void sessions_rates(struct status_sessions *now, const struct status_sessions *before);

#endif
