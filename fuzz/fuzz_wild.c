/* Wildcards: a pattern, a newline, a text.  It always ends, and without wildcards it compares. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "syncd/policy/symlink_safety.h"
#include "syncd/policy/wild.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *pattern = strndup((const char *)data, size), *text = strchr(pattern, '\n');

	if (text != NULL) {
		*text++ = '\0';
		int hit = wild_match(pattern, text);

		if (!wild_has_magic(pattern) && strchr(pattern, '\\') == NULL && hit != (strcmp(pattern, text) == 0))
			abort();
		if (hit && strcmp(pattern, "*") == 0 && strchr(text, '/') != NULL)
			abort();
		if (!symlink_unsafe(pattern, text) && pattern[0] == '/')
			abort();
	}
	free(pattern);
	return 0;
}
