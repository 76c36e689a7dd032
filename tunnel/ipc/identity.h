/* Who the service runs as: setuid, setgid and chroot of the configuration.  The master stays what
 * it was, so that a reload can read keys and bind ports; what is opened in the service's name
 * (log, pid file) is opened as that user in that jail. */
#ifndef SALLYPORT_TUNNEL_IPC_IDENTITY_H
#define SALLYPORT_TUNNEL_IPC_IDENTITY_H

#include <sys/types.h>

#include "lib/err.h"
#include "tunnel/conf/conf.h"

struct identity {
	int changes_ids;
	uid_t uid;
	gid_t gid;
	int jail_fd;			/* the chroot directory, or -1 */
	int root_fd, cwd_fd;		/* while borrowed: the way back */
	gid_t groups[64];
	int n_groups;
	char log_ident[64];		/* the service's name in syslog, as it was at the start */
};

#define IDENTITY_INIT { .jail_fd = -1, .root_fd = -1, .cwd_fd = -1 }

/* The vault's: the user that is configured, or the service's, or nobody; what we are where we may not
 * choose.  0, or E_CONF with *e. */
int identity_vault(const struct identity *id, const struct tun_conf *conf, uid_t *ret_uid, gid_t *ret_gid,
    struct conf_err *e);

/* 0, or E_CONF with *e. */
int identity_init(struct identity *id, const struct tun_conf *conf, struct conf_err *e);
void identity_done(struct identity *id);

/* Become the service's user in its jail, and oneself again.  0 or -errno; after a failed return
 * the process must end. */
int identity_borrow(struct identity *id);
int identity_return(struct identity *id);

/* Become it for good.  0 or -errno; after a failure the process must end. */
int identity_assume(const struct identity *id);

#endif
