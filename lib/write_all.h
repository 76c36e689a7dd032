/* Bytes written to the last one. */
#ifndef SALLYPORT_LIB_WRITE_ALL_H
#define SALLYPORT_LIB_WRITE_ALL_H

#include <stddef.h>

/* All n bytes to fd, which blocks, however often a signal interrupts.  0 or -errno: then some of them may be written. */
int write_all(int fd, const void *bytes, size_t n);

/* The same, and they are on the disk. */
int write_all_synced(int fd, const void *bytes, size_t n);

#endif
