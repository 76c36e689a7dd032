/* A bounded reader over bytes in memory.  The first error sticks: later reads
 * return zeros, so a decoder may read a whole structure and ask once. */
#ifndef SALLYPORT_LIB_CURSOR_H
#define SALLYPORT_LIB_CURSOR_H

#include <stddef.h>
#include <stdint.h>

struct cursor {
	const uint8_t *at;
	const uint8_t *end;
	int err;
};

static inline struct cursor
cur_of(const void *bytes, size_t n)
{
	return (struct cursor){ bytes, (const uint8_t *)bytes + n, 0 };
}

static inline size_t
cur_left(const struct cursor *c)
{
	return (size_t)(c->end - c->at);
}

/* The next n bytes, borrowed; NULL and E_SHORT when there are fewer. */
const uint8_t *cur_bytes(struct cursor *c, size_t n);

uint8_t cur_u8(struct cursor *c);
uint16_t cur_le16(struct cursor *c);
uint32_t cur_le32(struct cursor *c);
uint64_t cur_le64(struct cursor *c);

/* Record err unless one stands already; returns what stands. */
int cur_fail(struct cursor *c, int err);

#endif
