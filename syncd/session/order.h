/* The order of the wire, for both directions (rsync-wire 5.11). */
#ifndef SALLYPORT_SYNCD_SESSION_ORDER_H
#define SALLYPORT_SYNCD_SESSION_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ORDER_ITEM_MAX = 128 };

struct order_name {
	const char *dir;	/* "" at the top; entries of one directory should share it, which makes them quick to compare */
	const char *name;	/* last component, or "." */
	bool is_dir;
};

/* Before (negative), the same (0) or behind (positive). */
int order_compare(int version, const struct order_name *a, const struct order_name *b);

/* The same for two names of one directory: from protocol 29 on "." comes first, then what is no directory, then directories
 * as if their names ended in '/' (rsync-wire 5.11.1). */
int order_leaves(int version, const char *a, bool a_dir, const char *b, bool b_dir);

typedef void order_name_of(const void *item, const void *arg, struct order_name *ret);

/* n items of size bytes (at most ORDER_ITEM_MAX).  Of what is the same the first stays first.  0 or -ENOMEM. */
int order_sort(void *items, size_t size, uint32_t n, int version, order_name_of *name_of, const void *arg);

#endif
