/* Integers of the wire: little-endian, varint, varlong, vstring (rsync-wire section 3). */
#include "syncd/wire/int.h"

#include "lib/err.h"

enum { VSTRING_MAX = 32767 };

/* How many bytes follow a lead byte h, and how many value bits h keeps (rsync-wire 3.3). */
static int
extra_bytes(uint8_t h)
{
	return h < 0x80 ? 0 : h < 0xc0 ? 1 : h < 0xe0 ? 2 : h < 0xf0 ? 3 : h < 0xf8 ? 4 : h < 0xfc ? 5 : 6;
}

void
put_varint(struct buf *b, int32_t value)
{
	uint32_t v = (uint32_t)value;
	uint8_t out[5];
	int n = v >> 24 ? 4 : v >> 16 ? 3 : v >> 8 ? 2 : 1;
	uint8_t top = (uint8_t)(v >> (8 * (n - 1)));
	uint8_t ones = (uint8_t)(0xff00 >> (n - 1));	/* n-1 leading one bits */

	for (int i = 0; i < n; i++)
		out[i + 1] = (uint8_t)(v >> (8 * i));
	if (top < 1u << (8 - n)) {		/* the top byte fits behind the selector */
		out[0] = (uint8_t)(ones | top);
		buf_put(b, out, (size_t)n);
	} else {
		out[0] = (uint8_t)(0xff00 >> n);
		buf_put(b, out, (size_t)n + 1);
	}
}

int32_t
get_varint(struct cursor *c)
{
	uint8_t h = cur_u8(c);
	int extra = extra_bytes(h);
	const uint8_t *p;
	uint32_t v = 0;

	if (extra > 4) {
		cur_fail(c, E_FORMAT);
		return 0;
	}
	if ((p = cur_bytes(c, (size_t)extra)) == NULL)
		return 0;
	for (int i = 0; i < extra; i++)
		v |= (uint32_t)p[i] << (8 * i);
	if (extra < 4)
		v |= (uint32_t)(h & (0xff >> (extra + 1))) << (8 * extra);
	return (int32_t)v;
}

void
put_varlong(struct buf *b, int64_t value, int min)
{
	uint64_t v = (uint64_t)value;
	uint8_t le[8], lead;
	int n = 8;

	for (int i = 0; i < 8; i++)
		le[i] = (uint8_t)(v >> (8 * i));
	while (n > min && le[n - 1] == 0)
		n--;
	unsigned lim = 1u << (7 - n + min);
	if (le[n - 1] >= lim) {
		lead = (uint8_t)~(lim - 1);
		buf_u8(b, lead);
		buf_put(b, le, (size_t)n);
		return;
	}
	lead = n > min ? (uint8_t)(le[n - 1] | (uint8_t)~(2 * lim - 1)) : le[n - 1];
	buf_u8(b, lead);
	buf_put(b, le, (size_t)n - 1);
}

int64_t
get_varlong(struct cursor *c, int min)
{
	const uint8_t *p = cur_bytes(c, (size_t)min), *more;
	int extra = p == NULL ? 0 : extra_bytes(p[0]), at = 0;
	uint64_t v = 0;

	if (p == NULL)
		return 0;
	if (min + extra > 9) {
		cur_fail(c, E_FORMAT);
		return 0;
	}
	if ((more = cur_bytes(c, (size_t)extra)) == NULL)
		return 0;
	for (int i = 1; i < min; i++)
		v |= (uint64_t)p[i] << (8 * at++);
	for (int i = 0; i < extra; i++)
		v |= (uint64_t)more[i] << (8 * at++);
	if (at < 8)
		v |= (uint64_t)(p[0] & (0xff >> (extra + 1))) << (8 * at);
	return (int64_t)v;
}

void
put_longint(struct buf *b, int64_t v)
{
	if (v >= 0 && v <= INT32_MAX) {
		buf_le32(b, (uint32_t)v);
		return;
	}
	buf_le32(b, 0xffffffff);
	buf_le64(b, (uint64_t)v);
}

int64_t
get_longint(struct cursor *c)
{
	uint32_t v = cur_le32(c);

	return v == 0xffffffff ? (int64_t)cur_le64(c) : (int32_t)v;
}

void
put_size(struct buf *b, int version, int64_t v)
{
	if (version >= 30)
		put_varlong(b, v, 3);
	else
		put_longint(b, v);
}

int64_t
get_size(struct cursor *c, int version)
{
	return version >= 30 ? get_varlong(c, 3) : get_longint(c);
}

void
put_num(struct buf *b, int version, int32_t v)
{
	if (version >= 30)
		put_varint(b, v);
	else
		buf_le32(b, (uint32_t)v);
}

int32_t
get_num(struct cursor *c, int version)
{
	return version >= 30 ? get_varint(c) : (int32_t)cur_le32(c);
}

void
put_vstring(struct buf *b, const char *s, size_t n)
{
	if (n > VSTRING_MAX) {
		b->err = E_LIMIT;
		return;
	}
	if (n >= 0x80)
		buf_u8(b, (uint8_t)(0x80 | n >> 8));
	buf_u8(b, (uint8_t)n);
	buf_put(b, s, n);
}

const char *
get_vstring(struct cursor *c, size_t max, size_t *ret_n)
{
	size_t n = cur_u8(c);

	if (n & 0x80)
		n = (n & 0x7f) << 8 | cur_u8(c);
	if (c->err == 0 && n > max)
		cur_fail(c, E_LIMIT);
	*ret_n = n;
	return (const char *)cur_bytes(c, n);
}
