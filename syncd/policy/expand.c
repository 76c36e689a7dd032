/* %VAR% in values of rsyncd.conf(5). */
#include "syncd/policy/conf.h"

#include <ctype.h>
#include <string.h>

#include "syncd/types.h"

const char *
conf_variable(const char *text, char *name, size_t size)
{
	const char *end = *text == '%' && isupper((unsigned char)text[1]) ? strchr(text + 1, '%') : NULL;
	size_t n = end == NULL ? 0 : (size_t)(end - text - 1);

	if (end == NULL || n >= size)
		return NULL;
	memcpy(name, text + 1, n);
	name[n] = '\0';
	return end + 1;
}

char *
conf_expand(const char *text, const char *(*get)(void *, const char *), void *arg)
{
	struct buf out = BUF_INIT;
	char name[128];

	while (*text != '\0') {
		const char *rest = conf_variable(text, name, sizeof name), *value = rest == NULL ? NULL : get(arg, name);

		if (value != NULL) {
			buf_text(&out, value);
			text = rest;
		} else {
			buf_u8(&out, (uint8_t)*text++);
		}
	}
	buf_u8(&out, 0);
	if (out.err != 0 || buf_len(&out) > LINE_MAX_BYTES) {
		buf_done(&out);
		return NULL;
	}
	return (char *)out.data;	/* nothing was consumed: head is 0 */
}
