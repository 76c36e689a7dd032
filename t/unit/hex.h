/* Bytes written as hex in a test: blanks part fields, "text" in double quotes stands for itself. */
#ifndef SALLYPORT_T_UNIT_HEX_H
#define SALLYPORT_T_UNIT_HEX_H

#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/cursor.h"
#include "lib/err.h"

static inline void
hex_put(struct buf *b, const char *hex)
{
	for (const char *p = hex; *p != '\0';) {
		if (*p == ' ' || *p == '|') {
			p++;
		} else if (*p == '"') {
			for (p++; *p != '"'; p++)
				buf_u8(b, (uint8_t)*p);
			p++;
		} else {
			char two[3] = { p[0], p[1], '\0' };

			buf_u8(b, (uint8_t)strtoul(two, NULL, 16));
			p += 2;
		}
	}
}

/* b holds just these bytes */
static inline void
hex_same(const struct buf *b, const char *hex, const char *what)
{
	struct buf want = BUF_INIT;

	hex_put(&want, hex);
	ck_assert_int_eq(b->err, 0);
	ck_assert_msg(buf_len(b) == buf_len(&want) && memcmp(buf_head(b), buf_head(&want), buf_len(b)) == 0,
	    "%s: %zu bytes, not %s", what, buf_len(b), hex);
	buf_done(&want);
}

/* A cursor over the first n bytes of b, in memory of exactly that size, so that a sanitizer
 * sees every step beyond; free *ret_copy. */
static inline struct cursor
hex_part(const struct buf *b, size_t n, uint8_t **ret_copy)
{
	*ret_copy = malloc(n == 0 ? 1 : n);
	memcpy(*ret_copy, buf_head(b), n);
	return cur_of(*ret_copy, n);
}

#endif
