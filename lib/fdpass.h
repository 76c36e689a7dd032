/* Messages that carry descriptors, between processes of ours: one datagram of a SOCK_SEQPACKET pair each. */
#ifndef SALLYPORT_LIB_FDPASS_H
#define SALLYPORT_LIB_FDPASS_H

#include <stddef.h>

enum { FDPASS_MAX = 8 };

/* Send n bytes (at least one) and the n_fds descriptors of fds, which stay the caller's.  0 or -errno; -EAGAIN where
 * the receiver is behind and flags has MSG_DONTWAIT. */
int fdpass_send(int fd, const void *bytes, size_t n, const int *fds, size_t n_fds, int flags);

/* Receive one into bytes[0..size).  *ret_n: how many came; fds[0..*ret_n_fds): descriptors, close-on-exec, the caller's.
 * 0, E_EOF when every sender is gone, E_LIMIT for a message that does not fit (nothing is kept of it), or -errno. */
int fdpass_recv(int fd, void *bytes, size_t size, size_t *ret_n, int fds[FDPASS_MAX], size_t *ret_n_fds);

#endif
