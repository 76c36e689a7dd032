/* Whether a system call filter from outside (systemd's, a container's) leaves the calls that our own walls are made of. */
#ifndef SALLYPORT_TUNNEL_MASTER_WALLS_H
#define SALLYPORT_TUNNEL_MASTER_WALLS_H

/* Says in the log what is missing.  0: go on, if need be with a wall less; E_DENIED: every process that entered a role would be killed. */
int walls_try(void);

#endif
