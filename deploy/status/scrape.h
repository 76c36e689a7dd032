/* The numbers of a program, by HTTP from its UNIX socket. */
#ifndef SALLYPORT_DEPLOY_STATUS_SCRAPE_H
#define SALLYPORT_DEPLOY_STATUS_SCRAPE_H

#include <stdbool.h>

#include "lib/buf.h"

enum { SCRAPE_MAX = 4 << 20 };

/* Append what GET /metrics is answered with at the socket, without its head.  0; E_FORMAT: it is no such answer; E_LIMIT: more than
 * SCRAPE_MAX bytes; or -errno.  ret is the caller's to end. */
int scrape(const char *path, struct buf *ret);

/* Pure: take the head off an answer; false: it is none, or no good news. */
bool scrape_body(struct buf *answer);

#endif
