/* What the master tells a worker: one byte, sometimes with a descriptor.  The worker answers
 * nothing; the end of the channel tells it that the master is gone. */
#ifndef SALLYPORT_TUNNEL_CTL_H
#define SALLYPORT_TUNNEL_CTL_H

enum ctl {
	CTL_DRAIN = 'D',		/* accept no more; leave with the last connection */
	CTL_LOG = 'L',			/* here is the log file from now on */
	CTL_LIST = 'S',			/* log your connections */
};

/* 0: master's end, 1: worker's end; both non-blocking and close-on-exec.  0 or -errno. */
int ctl_pair(int ret_fds[2]);

int ctl_send(int fd, enum ctl what, int pass_fd);	/* pass_fd -1: none */

/* 0 and *ret (*ret_fd -1 when none came), E_WANT_READ, or E_EOF. */
int ctl_recv(int fd, enum ctl *ret, int *ret_fd);

#endif
