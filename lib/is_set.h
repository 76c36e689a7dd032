/* Texts of a configuration: unset and empty are the same. */
#ifndef SALLYPORT_LIB_IS_SET_H
#define SALLYPORT_LIB_IS_SET_H

#include <stdbool.h>
#include <stddef.h>

/* Is there a text, and anything in it? */
static inline bool
is_set(const char *text)
{
	return text != NULL && text[0] != '\0';
}

#endif
