/* The integers of the wire (rsync-wire section 3): put appends to a buf, get reads from a
 * cursor.  get functions return 0 and leave the cursor's error set on bad input. */
#ifndef SALLYPORT_SYNCD_WIRE_INT_H
#define SALLYPORT_SYNCD_WIRE_INT_H

#include <stdint.h>

#include "lib/buf.h"
#include "lib/cursor.h"

/* 32 bits in one to five bytes. */
void put_varint(struct buf *b, int32_t v);
int32_t get_varint(struct cursor *c);

/* 64 bits in at least min bytes: 3 for sizes, 4 for times. */
void put_varlong(struct buf *b, int64_t v, int min);
int64_t get_varlong(struct cursor *c, int min);

/* 64 bits below protocol 30. */
void put_longint(struct buf *b, int64_t v);
int64_t get_longint(struct cursor *c);

/* A size or a count of bytes in the form that the protocol wants. */
void put_size(struct buf *b, int version, int64_t v);
int64_t get_size(struct cursor *c, int version);

/* An id or a length: varint, or int32 below 30. */
void put_num(struct buf *b, int version, int32_t v);
int32_t get_num(struct cursor *c, int version);

/* Length-prefixed bytes of at most 32767; get borrows them and checks max (E_LIMIT). */
void put_vstring(struct buf *b, const char *s, size_t n);
const char *get_vstring(struct cursor *c, size_t max, size_t *ret_n);

#endif
