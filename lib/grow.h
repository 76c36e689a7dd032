/* Arrays that grow by one element at a time. */
#ifndef SALLYPORT_LIB_GROW_H
#define SALLYPORT_LIB_GROW_H

#include <stdbool.h>
#include <stddef.h>

/* Room for one more in an array of n elements of elem bytes; array is the address of the pointer to it
 * (NULL: no array yet), *cap how many there is room for.  False for lack of memory: nothing has changed. */
bool grow(void *array, size_t elem, size_t n, size_t *cap);

#endif
