/* One filter rule as sent: a length and a text (rsync-wire 6.1). */
#include "syncd/wire/filter.h"

#include <string.h>

#include "lib/err.h"
#include "syncd/types.h"

int
filter_get(struct cursor *c, const char **ret_text, size_t *ret_n)
{
	int32_t n = (int32_t)cur_le32(c);

	if (c->err == 0 && (n < 0 || n > LINE_MAX_BYTES))
		cur_fail(c, E_LIMIT);
	*ret_n = (size_t)n;
	*ret_text = (const char *)cur_bytes(c, (size_t)n);
	if (c->err == 0 && memchr(*ret_text, '\0', *ret_n) != NULL)
		cur_fail(c, E_FORMAT);
	return c->err;
}
