#include "lib/buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUF_FIRST = 256 };

void
buf_done(struct buf *b)
{
	free(b->data);
	*b = (struct buf)BUF_INIT;
}

void
buf_wipe(struct buf *b)
{
	if (b->data != NULL)
		explicit_bzero(b->data, b->cap);
	buf_done(b);
}

uint8_t *
buf_reserve(struct buf *b, size_t n)
{
	size_t len = buf_len(b), need, cap;
	uint8_t *data;

	if (b->err != 0)
		return NULL;
	if (b->cap - b->tail >= n && b->data != NULL)
		return b->data + b->tail;
	if (b->head > 0 && b->head >= len) {	/* moving is cheaper than growing */
		memcpy(b->data, b->data + b->head, len);
		b->head = 0;
		b->tail = len;
		if (b->cap - b->tail >= n)
			return b->data + b->tail;
	}
	if (__builtin_add_overflow(b->tail, n, &need) || need > SIZE_MAX / 2)
		goto no_memory;
	for (cap = b->cap < BUF_FIRST ? BUF_FIRST : b->cap; cap < need;)
		cap *= 2;
	if ((data = realloc(b->data, cap)) == NULL)
		goto no_memory;
	b->data = data;
	b->cap = cap;
	return b->data + b->tail;
no_memory:
	b->err = -ENOMEM;
	return NULL;
}

void
buf_consume(struct buf *b, size_t n)
{
	b->head += n;
	if (b->head == b->tail)
		b->head = b->tail = 0;
}

void
buf_clear(struct buf *b)
{
	b->head = b->tail = 0;
	b->err = 0;
}

void
buf_release(struct buf *b)
{
	if (buf_len(b) == 0)
		buf_done(b);
}

void
buf_put(struct buf *b, const void *bytes, size_t n)
{
	uint8_t *p;

	if (n == 0 || (p = buf_reserve(b, n)) == NULL)
		return;
	memcpy(p, bytes, n);
	b->tail += n;
}

void
buf_text(struct buf *b, const char *text)
{
	buf_put(b, text, strlen(text));
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	uint8_t *p;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0 || (p = buf_reserve(b, (size_t)n + 1)) == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf((char *)p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->tail += (size_t)n;
}

void
buf_u8(struct buf *b, uint8_t v)
{
	buf_put(b, &v, 1);
}

void
buf_le16(struct buf *b, uint16_t v)
{
	buf_put(b, (uint8_t[]){ (uint8_t)v, (uint8_t)(v >> 8) }, 2);
}

void
buf_le32(struct buf *b, uint32_t v)
{
	buf_put(b, (uint8_t[]){ (uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24) }, 4);
}

void
buf_le64(struct buf *b, uint64_t v)
{
	buf_le32(b, (uint32_t)v);
	buf_le32(b, (uint32_t)(v >> 32));
}

const char *
buf_cstr(struct buf *b)
{
	uint8_t *p = buf_reserve(b, 1);

	if (p == NULL)
		return NULL;
	*p = '\0';
	return (const char *)buf_head(b);
}
