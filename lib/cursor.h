/* A bounded reader over bytes in memory.  The first error sticks: later reads
 * return zeros, so a decoder may read a whole structure and ask once.  All in line: lists are decoded byte by byte. */
#ifndef SALLYPORT_LIB_CURSOR_H
#define SALLYPORT_LIB_CURSOR_H

#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

struct cursor {
	const uint8_t *at;
	const uint8_t *end;
	int err;
};

/* A reader of bytes[0..n), which stay the caller's and have to outlive it. */
static inline struct cursor
cur_of(const void *bytes, size_t n)
{
	return (struct cursor){ bytes, (const uint8_t *)bytes + n, 0 };
}

/* Bytes not yet read. */
static inline size_t
cur_left(const struct cursor *c)
{
	return (size_t)(c->end - c->at);
}

/* The next n bytes, borrowed; NULL and E_SHORT when there are fewer. */
static inline const uint8_t *
cur_bytes(struct cursor *c, size_t n)
{
	const uint8_t *p = c->at;

	if (c->err != 0)
		return NULL;
	if (cur_left(c) < n) {
		c->err = E_SHORT;
		return NULL;
	}
	c->at += n;
	return p;
}

/* The next number of 1, 2, 4 or 8 bytes, least significant first; 0 and E_SHORT when there are fewer. */
static inline uint8_t
cur_u8(struct cursor *c)
{
	const uint8_t *p = cur_bytes(c, 1);

	return p == NULL ? 0 : p[0];
}

static inline uint16_t
cur_le16(struct cursor *c)
{
	const uint8_t *p = cur_bytes(c, 2);

	return p == NULL ? 0 : (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t
cur_le32(struct cursor *c)
{
	const uint8_t *p = cur_bytes(c, 4);

	return p == NULL ? 0 : (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t
cur_le64(struct cursor *c)
{
	const uint8_t *p = cur_bytes(c, 8);
	uint64_t v = 0;

	for (int i = 7; p != NULL && i >= 0; i--)
		v = v << 8 | p[i];
	return v;
}

/* Record err unless one stands already; returns what stands. */
static inline int
cur_fail(struct cursor *c, int err)
{
	if (c->err == 0)
		c->err = err;
	return c->err;
}

#endif
