/* The argument vector (rsync-wire 1.6): NUL-ended from protocol 30 on, lines below; an empty
 * argument ends the list. */
#ifndef SALLYPORT_SYNCD_WIRE_ARGS_H
#define SALLYPORT_SYNCD_WIRE_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/cursor.h"

struct args {
	char **v;
	size_t n;
	size_t bytes;		/* of all arguments together */
};

/* Take one argument from the cursor and append it.  *ret_end: it was the empty one that ends
 * the list.  0, E_SHORT (nothing consumed), E_LIMIT, E_FORMAT (a NUL in a line) or -ENOMEM. */
int args_get(struct cursor *c, bool nul_ended, struct args *a, bool *ret_end);
int args_append(struct args *a, const char *text, size_t n);
void args_free(struct args *a);

/* Remove one level of backslash quoting in place (rsync-wire 1.6.2). */
void arg_unquote(char *arg);

#endif
