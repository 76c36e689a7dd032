/* What the library's queue of errors says, in a line; the queue is empty afterwards. */
#ifndef SALLYPORT_TUNNEL_TLS_TLSERR_H
#define SALLYPORT_TUNNEL_TLS_TLSERR_H

#include <stddef.h>

#include "lib/err.h"

/* "func@file:line: error:0A00010B:SSL routines::wrong version number" for the oldest error in this thread's queue; "" when there
 * was none.  Returns dst. */
const char *tls_error(char *dst, size_t size);

/* *e becomes what and detail, and behind a colon the reason in the queue, if there is one.  E_CONF. */
int tls_fail(struct conf_err *e, const char *what, const char *detail);

#endif
