/* "daemon chroot", "daemon gid" and "daemon uid": what the process of a connection gives up before it answers anything. */
#ifndef SALLYPORT_SYNCD_DAEMON_USER_H
#define SALLYPORT_SYNCD_DAEMON_USER_H

#include <stdbool.h>

#include "syncd/policy/conf.h"

/* Enter them, in that order, as far as they are set.  Other groups go with a change of either; a user without a group has its own (that of
 * its number, where nobody is called so).  *ret_left: root's rights were
 * there, and are not any more.  0, or E_DENIED: the log was told why. */
int daemon_user_enter(const struct global_conf *g, bool *ret_left);

/* What of them this machine does not have: the parameter's name, and why in message; NULL: they can be entered by root. */
const char *daemon_user_fault(const struct global_conf *g, char *message, size_t size);

#endif
