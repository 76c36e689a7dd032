/* What the master tells a worker: one byte, sometimes with a descriptor.  The worker answers
 * nothing; the end of the channel tells it that the master is gone. */
#ifndef SALLYPORT_TUNNEL_IPC_CTL_H
#define SALLYPORT_TUNNEL_IPC_CTL_H

#include <stddef.h>

enum ctl {
	CTL_DRAIN = 'D',		/* accept no more; leave with the last connection */
	CTL_LOG = 'L',			/* here is the log file from now on */
	CTL_LIST = 'S',			/* log your connections */
	CTL_CHANNEL = 'C',		/* to the spawner or the vault: its end of a worker's channel */
	CTL_REVOKE = 'R',		/* to a worker: revocation lists that count from now on */
	CTL_VAULT = 'V',		/* to a worker: its end of a channel to a new vault */
};

/* 0: master's end, 1: worker's end; both non-blocking and close-on-exec.  0 or -errno. */
int ctl_pair(int ret_fds[2]);

int ctl_send(int fd, enum ctl what, int pass_fd);	/* pass_fd -1: none */

/* 0 and *ret (*ret_fd -1 when none came), E_WANT_READ, or E_EOF. */
int ctl_recv(int fd, enum ctl *ret, int *ret_fd);

/* The same with n bytes; what is not of that size is E_BREACH. */
int ctl_send_bytes(int fd, const void *bytes, size_t n, int pass_fd);
int ctl_recv_bytes(int fd, void *bytes, size_t n, int *ret_fd);

#endif
