#include "lib/shell_word.h"

#include <stdio.h>
#include <string.h>

const char *
shell_word(const char *text, char *dst, size_t size)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-+:/@%,=";
	const char *quote = text[0] != '\0' && text[strspn(text, safe)] == '\0' ? "" : "'";
	size_t n = (size_t)snprintf(dst, size, "%s", quote);

	for (; *text != '\0' && n < size; text++)
		n += (size_t)snprintf(dst + n, size - n, *text == '\'' ? "'\\%c'" : "%c", *text);
	if (n < size)
		n += (size_t)snprintf(dst + n, size - n, "%s", quote);
	if (n >= size && size > 0)
		dst[0] = '\0';
	return dst;
}
