/* Points about the running daemon, asked as its clients ask: daemon.* */
#ifndef SALLYPORT_DEPLOY_VERIFY_DAEMON_H
#define SALLYPORT_DEPLOY_VERIFY_DAEMON_H

#include "deploy/verify/ask.h"

/* Ask through the door where we can be its client, else at the daemon's socket or port. */
void daemon_judge(const struct ask *a);

/* Pure: the secret of a user in a secrets file's text, into dst; false: none. */
bool daemon_secret(const char *text, const char *user, char *dst, size_t size);

#endif
