/* "socket options" and --sockopts: words NAME or NAME=NUMBER for listening sockets, whose connections inherit them (rsyncd-conf section 6). */
#ifndef SALLYPORT_SYNCD_SOCKET_OPTIONS_H
#define SALLYPORT_SYNCD_SOCKET_OPTIONS_H

#include <stddef.h>

/* Set them on fd.  What cannot be set is logged and left, as by rsync. */
void socket_options_set(int fd, const char *text);

/* The first word that is no option or lacks its number, into bad (size bytes).  1: there is one; 0: all are known. */
int socket_options_fault(const char *text, char *bad, size_t size);

#endif
