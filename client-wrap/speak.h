/* Words and bytes on a connection that is verified, each within the connection's deadline. */
#ifndef SALLYPORT_CLIENT_WRAP_SPEAK_H
#define SALLYPORT_CLIENT_WRAP_SPEAK_H

#include <stddef.h>

#include "client-wrap/connection.h"
#include "lib/buf.h"

/* Append what comes next to in.  0, E_EOF at the end, or what broke. */
int speak_receive(struct link *l, struct buf *in);

/* Send n bytes, and see that they are with the kernel.  0 or what broke. */
int speak_send(struct link *l, const void *bytes, size_t n);

/* The next line without its end, in dst; longer ones are cut.  in holds what came and was not yet asked for.  0, E_LIMIT when there is no
 * end to it within max bytes, or as speak_receive. */
int speak_line(struct link *l, struct buf *in, size_t max, char *dst, size_t size);

#endif
