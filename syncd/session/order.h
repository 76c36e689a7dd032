/* Sorting the entries of a list, for both directions (rsync-wire 5.11). */
#ifndef SALLYPORT_SYNCD_SESSION_ORDER_H
#define SALLYPORT_SYNCD_SESSION_ORDER_H

#include <stddef.h>
#include <stdint.h>

enum { ORDER_ITEM_MAX = 128, ORDER_RANK_DIR = 2 };

struct ordering {
	/* Before (negative), the same (0) or behind (positive). */
	int (*compare)(const void *a, const void *b, const void *arg);
	/* An entry's last component; *ret_dir is its directory, by address.  *ret_rank comes before the name: 0 for ".",
	 * 1, or ORDER_RANK_DIR for what sorts as if it ended in a slash; always 0 where the bytes alone count. */
	const char *(*name)(const void *item, const void *arg, const void **ret_dir, int *ret_rank);
	const void *arg;
};

/* n items of size bytes (at most ORDER_ITEM_MAX).  Of what is the same the first stays first.  0 or -ENOMEM. */
int order_sort(void *items, size_t size, uint32_t n, const struct ordering *o);

#endif
