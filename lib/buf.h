/* A growing byte buffer: written at the end, consumed at the front.
 * A failed allocation sticks in err and makes further writes no-ops, so encoders
 * need one check at the end. */
#ifndef SALLYPORT_LIB_BUF_H
#define SALLYPORT_LIB_BUF_H

#include <stddef.h>
#include <stdint.h>

struct buf {
	uint8_t *data;
	size_t head;		/* first unconsumed byte */
	size_t tail;		/* one past the last byte */
	size_t cap;
	int err;
};

#define BUF_INIT { NULL, 0, 0, 0, 0 }

/* Free what b holds; it is an empty buf afterwards. */
void buf_done(struct buf *b);
void buf_wipe(struct buf *b);	/* the same for what was a secret: none of its bytes stay */

/* Bytes that are held. */
static inline size_t
buf_len(const struct buf *b)
{
	return b->tail - b->head;
}

/* The first of them, borrowed until b changes; never NULL. */
static inline const uint8_t *
buf_head(const struct buf *b)
{
	return b->data == NULL ? (const uint8_t *)"" : b->data + b->head;
}

/* Room for n more bytes at the end, or NULL (err is set).  Follow with buf_commit. */
uint8_t *buf_reserve(struct buf *b, size_t n);

/* The first n bytes of the room that buf_reserve gave are written. */
static inline void
buf_commit(struct buf *b, size_t n)
{
	b->tail += n;
}

void buf_consume(struct buf *b, size_t n);	/* n <= buf_len */
void buf_clear(struct buf *b);			/* keeps the memory, forgets an error */
void buf_release(struct buf *b);		/* gives the memory back when nothing is held */

/* Append: n bytes, a C string without its NUL, formatted text, a number of 1, 2, 4 or 8 bytes, least significant first.  Lack of
 * memory sticks in b->err. */
void buf_put(struct buf *b, const void *bytes, size_t n);
void buf_text(struct buf *b, const char *text);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_u8(struct buf *b, uint8_t v);
void buf_le16(struct buf *b, uint16_t v);
void buf_le32(struct buf *b, uint32_t v);
void buf_le64(struct buf *b, uint64_t v);

/* Append a NUL that is not counted and return the whole as a C string, or NULL. */
const char *buf_cstr(struct buf *b);

#endif
