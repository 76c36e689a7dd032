/* The other end of compress.h: literal data of a file comes out of compressed records (rsync-wire 7.9). */
#ifndef SALLYPORT_SYNCD_DELTA_DECOMPRESS_H
#define SALLYPORT_SYNCD_DELTA_DECOMPRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "syncd/delta/compress.h"

struct expand;

/* Plain bytes, in pieces; not 0 ends the call that they came from. */
typedef int expand_sink(void *arg, const uint8_t *bytes, size_t n);

int expand_new(enum squeeze_method method, expand_sink *sink, void *arg, struct expand **ret);
void expand_free(struct expand *x);

int expand_begin(struct expand *x);		/* a file starts */

/* One record.  0, E_FORMAT for what does not decode, or what the sink said. */
int expand_data(struct expand *x, const uint8_t *p, size_t n);

/* A token or the end follows: what the records left comes out. */
int expand_flush(struct expand *x);

/* Does the method keep matched data in its history? */
bool expand_wants_matched(const struct expand *x);

/* As squeeze_matched. */
int expand_matched(struct expand *x, const uint8_t *p, size_t n, int repeat);

#endif
