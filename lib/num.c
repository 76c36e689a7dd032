#include "lib/num.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"

int
num_parse(const char *text, int64_t min, int64_t max, int64_t *ret)
{
	long long v;
	char *end;

	if (!isdigit((unsigned char)text[text[0] == '-' || text[0] == '+']))
		return E_FORMAT;
	errno = 0;
	v = strtoll(text, &end, 10);
	if (*end != '\0')
		return E_FORMAT;
	if (errno == ERANGE || v < min || v > max)
		return E_LIMIT;
	*ret = v;
	return 0;
}

int32_t
num_atoi(const char *text)
{
	long v = strtol(text, NULL, 10);

	return v > INT32_MAX ? INT32_MAX : v < INT32_MIN ? INT32_MIN : (int32_t)v;
}

int
num_bool(const char *text, int *ret)
{
	static const struct { const char *word; int value; } words[] = {
		{ "yes", 1 }, { "true", 1 }, { "1", 1 }, { "no", 0 }, { "false", 0 }, { "0", 0 },
	};
	char squeezed[8];
	size_t n = 0;

	for (; *text != '\0'; text++) {
		if (isspace((unsigned char)*text))
			continue;
		if (n + 1 >= sizeof squeezed)
			return E_FORMAT;
		squeezed[n++] = (char)tolower((unsigned char)*text);
	}
	squeezed[n] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(squeezed, words[i].word) == 0) {
			*ret = words[i].value;
			return 0;
		}
	return E_FORMAT;
}
