/* Standard input and output as one connection.  A daemon that a remote shell starts has two pipes, or two sockets, where a session
 * needs one socket.  Reads no byte for itself, and knows nothing of rsync. */
#ifndef SALLYPORT_SYNCD_STDIO_JOIN_H
#define SALLYPORT_SYNCD_STDIO_JOIN_H

#include <stdbool.h>

/* Are descriptors 0 and 1 the same socket? */
bool stdio_is_one_socket(void);

/* Forks.  In the child: 0, and *ret_fd is the connection; its descriptors 0 and 1 lead nowhere.  In the parent, which moves the bytes
 * until the child has ended: the child's exit code in *ret_code, and 1.  Or -errno, without a child. */
int stdio_join(int *ret_fd, int *ret_code);

#endif
