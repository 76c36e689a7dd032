/* Texts as a shell reads them back. */
#ifndef SALLYPORT_LIB_SHELL_WORD_H
#define SALLYPORT_LIB_SHELL_WORD_H

#include <stddef.h>

/* text as one word of a POSIX shell: as it is where that is safe, else in single quotes.  Returns dst; "" when size is too small. */
const char *shell_word(const char *text, char *dst, size_t size);

#endif
