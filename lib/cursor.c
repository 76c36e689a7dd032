#include "lib/cursor.h"

#include "lib/err.h"

const uint8_t *
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

uint8_t
cur_u8(struct cursor *c)
{
	const uint8_t *p = cur_bytes(c, 1);

	return p == NULL ? 0 : p[0];
}

uint16_t
cur_le16(struct cursor *c)
{
	const uint8_t *p = cur_bytes(c, 2);

	return p == NULL ? 0 : (uint16_t)(p[0] | p[1] << 8);
}

uint32_t
cur_le32(struct cursor *c)
{
	const uint8_t *p = cur_bytes(c, 4);

	return p == NULL ? 0 : (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

uint64_t
cur_le64(struct cursor *c)
{
	const uint8_t *p = cur_bytes(c, 8);
	uint64_t v = 0;

	for (int i = 7; p != NULL && i >= 0; i--)
		v = v << 8 | p[i];
	return v;
}

int
cur_fail(struct cursor *c, int err)
{
	if (c->err == 0)
		c->err = err;
	return c->err;
}
