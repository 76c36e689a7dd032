/* Characters of UTF-8. */
#ifndef SALLYPORT_LIB_UTF8_H
#define SALLYPORT_LIB_UTF8_H

#include <stddef.h>

/* How many of the left bytes at s the UTF-8 character there has; 0: it is none, or more than its shortest form. */
size_t utf8_length(const unsigned char *s, size_t left);

/* Are the n bytes at s such characters and none of them a control character (C0, DEL, C1)?  No bytes are. */
int utf8_is_text(const unsigned char *s, size_t n);

#endif
