/* The text phase: greeting, request line, module list (rsync-wire 1.1 to 1.5). */
#ifndef SALLYPORT_SYNCD_WIRE_HELLO_H
#define SALLYPORT_SYNCD_WIRE_HELLO_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"
#include "lib/cursor.h"

/* A line without its end, CR bytes dropped, as a C string of at most size-1 bytes.
 * 0, E_SHORT (no line end yet), E_LIMIT (too long) or E_FORMAT (a NUL byte). */
int line_get(struct cursor *c, char *dst, size_t size);

enum hello_fault {
	HELLO_OK,
	HELLO_NOT_RSYNC,	/* no greeting at all */
	HELLO_NO_SUBPROTOCOL,	/* 30 and newer must send one */
	HELLO_NO_DIGESTS,	/* 32 must send its list */
	HELLO_TOO_OLD,
};

struct hello {
	int version;		/* the smaller of both sides, after the pre-release rule */
	bool has_digests;
	char digests[256];	/* the client's list, cut to fit; "" when it sent none */
};

/* Append the daemon's greeting with that list of digests (rsync-wire 4.1). */
void hello_put(struct buf *b, const char *digests);
/* What the client's greeting, a line without its end, says; anything but HELLO_OK ends the session. */
enum hello_fault hello_get(const char *line, struct hello *ret);

enum request_kind { REQUEST_LIST, REQUEST_EARLY_INPUT, REQUEST_COMMAND, REQUEST_MODULE };

/* What a request line asks for.  early_input gets its length, or -1 when it is out of bounds. */
enum request_kind request_kind(const char *line, long *ret_early);

/* One line of the module list. */
void listing_put(struct buf *b, const char *name, const char *comment);

#endif
