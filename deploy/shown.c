#include "deploy/shown.h"

#include <stdio.h>
#include <string.h>

#include "lib/utf8.h"

const char *
shown_text(const char *text, char *dst)
{
	const unsigned char *c = (const unsigned char *)text;
	size_t left = strlen(text), at = 0;

	while (left > 0) {
		size_t n = utf8_length(c, left);

		if (n > 0 && utf8_is_text(c, n)) {
			memcpy(dst + at, c, n);
			at += n;
		} else {
			n = 1;
			at += (size_t)sprintf(dst + at, "\\#%03o", *c);
		}
		c += n;
		left -= n;
	}
	dst[at] = '\0';
	return dst;
}
