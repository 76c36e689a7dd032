/* The way in through ssh: what the server lets the client's key do, and the client's block for it. */
#ifndef SALLYPORT_DEPLOY_OUT_SSH_H
#define SALLYPORT_DEPLOY_OUT_SSH_H

#include "deploy/emit.h"
#include "deploy/model/model.h"

void out_authorized_keys(const struct model *m, struct emit *o);	/* for the account ssh.user */
void out_ssh_config(const struct model *m, struct emit *o);		/* for a client's ~/.ssh/config */

#endif
