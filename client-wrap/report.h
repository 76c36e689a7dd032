/* What the helper tells the wrapper, who outlives it: through a pipe, so that rsync's own status stays rsync's. */
#ifndef SALLYPORT_CLIENT_WRAP_REPORT_H
#define SALLYPORT_CLIENT_WRAP_REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"

enum { REPORT_SCOPE = 32, REPORT_SESSION_MAX = 16384, REPORT_MAX = 65536 };

/* Each writes one message to fd (-1: to nobody), which does not wait: one that finds no room is lost.  Where sessions of this
 * connection are kept, which only the first says; a session, n bytes; the status (enum wrap_status). */
void report_scope(int fd, const uint8_t scope[REPORT_SCOPE]);
void report_session(int fd, const uint8_t *bytes, size_t n);
void report_status(int fd, int status);

struct report {
	const uint8_t *scope;		/* these three point into what was read; NULL: none was told */
	const uint8_t *session;
	size_t n_session;
	int status;			/* the last one told; 0: none was */
};

/* The messages among n bytes; what is cut off, or unknown, ends them.  *ret borrows. */
void report_parse(const uint8_t *bytes, size_t n, struct report *ret);

/* All that the helper says until it is gone, or wait_ms have passed, or REPORT_MAX is reached, appended to *text. */
void report_read(int fd, int wait_ms, struct buf *text);

#endif
