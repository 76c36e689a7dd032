/* Sockets: listen, connect, who is there, and what a service manager passes. */
#ifndef SALLYPORT_LIB_SOCK_H
#define SALLYPORT_LIB_SOCK_H

#include <sys/types.h>

#include "lib/addr.h"

/* A listening stream socket, non-blocking and close-on-exec; IPv6 is v6-only.  A UNIX path
 * whose server is gone is taken over, one that still answers is -EADDRINUSE.
 * 0 and *ret_fd, or -errno. */
int sock_listen(const struct addr *at, int backlog, int *ret_fd);

/* The same, with prepare(fd, arg) called before the bind; what it returns other than 0 is the result. */
int sock_listen_prepared(const struct addr *at, int backlog, int (*prepare)(int fd, void *arg), void *arg, int *ret_fd);

/* Give the socket file that we have just bound at path to uid and gid ((uid_t)-1, (gid_t)-1: as they are), with the bits of mode (-1:
 * as they are).  0 or -errno: -ENOTSOCK when something else is there by now, since the directory may be another's. */
int sock_give(const char *path, uid_t uid, gid_t gid, int mode);

/* Start a non-blocking connect.  0: connected; -EINPROGRESS: wait until writable and ask
 * sock_error; both set *ret_fd.  Any other -errno: no descriptor. */
int sock_connect(const struct addr *to, int *ret_fd);

/* The same, with prepare(fd, arg) called before; what it returns other than 0 is the result. */
int sock_connect_prepared(const struct addr *to, int (*prepare)(int fd, void *arg), void *arg, int *ret_fd);

/* The pending error of a socket as -errno, or 0. */
int sock_error(int fd);

/* Small messages of a TCP socket do not wait until the ones before are acknowledged (TCP_NODELAY).  Nothing happens to others. */
void sock_no_delay(int fd);

/* A TCP socket, or a listening one for those it accepts: after idle seconds of silence the kernel asks the peer every
 * interval seconds whether it is there, and gives it up when it has answered nothing, or taken nothing that waits
 * for it, for unanswered seconds.  Nothing happens to sockets of other kinds. */
void sock_keep_alive(int fd, int idle, int interval, int unanswered);

/* Have calls on fd wait (blocking != 0) or return EAGAIN.  0 or -errno. */
int sock_set_blocking(int fd, int blocking);

/* Addresses of the two ends; -errno when the kernel will not say. */
int sock_peer(int fd, struct addr *ret);
int sock_local(int fd, struct addr *ret);

/* The user of the process that connected to a UNIX socket: 0 and *ret, or -errno. */
int sock_peer_uid(int fd, uid_t *ret);

/* Descriptors passed by the service manager (sd_listen_fds(3)): how many, from SOCK_PASSED on.
 * The variables are removed, so that children do not take them for theirs. */
enum { SOCK_PASSED = 3 };
int sock_activation(void);

#endif
