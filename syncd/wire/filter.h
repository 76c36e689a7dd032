/* Filter rules as sent: a length and a text each (rsync-wire 6.1). */
#ifndef SALLYPORT_SYNCD_WIRE_FILTER_H
#define SALLYPORT_SYNCD_WIRE_FILTER_H

#include <stddef.h>

#include "lib/cursor.h"

/* Read one length-prefixed rule from the wire.  *ret_n 0 is the end of the list.
 * 0, E_SHORT, E_LIMIT or E_FORMAT. */
int filter_get(struct cursor *c, const char **ret_text, size_t *ret_n);

#endif
