/* Lines of a text that ends in NUL. */
#ifndef SALLYPORT_DEPLOY_VERIFY_LINE_H
#define SALLYPORT_DEPLOY_VERIFY_LINE_H

#include <string.h>

/* The line behind this one; the NUL behind the last. */
static inline const char *
next_line(const char *line)
{
	line += strcspn(line, "\n");
	return line + (*line == '\n');
}

#endif
