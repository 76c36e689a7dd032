/* The other end of compress.h: literal data of a file comes out of compressed records (rsync-wire 7.9). */
#ifndef SALLYPORT_SYNCD_DELTA_DECOMPRESS_H
#define SALLYPORT_SYNCD_DELTA_DECOMPRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "syncd/delta/compress.h"

struct decompress;

/* Plain bytes, in pieces; not 0 ends the call that they came from. */
typedef int expand_sink(void *arg, const uint8_t *bytes, size_t n);

/* A reader of records of that method; plain bytes go to sink(arg, ...).  *ret is the caller's to free.  0 or -ENOMEM. */
int decompress_new(enum compress_method method, expand_sink *sink, void *arg, struct decompress **ret);
void decompress_free(struct decompress *x);

int decompress_begin(struct decompress *x);		/* a file starts */

/* One record.  0, E_FORMAT for what does not decode, or what the sink said. */
int decompress_data(struct decompress *x, const uint8_t *p, size_t n);

/* A token or the end follows: what the records left comes out. */
int decompress_flush(struct decompress *x);

/* Does the method keep matched data in its history? */
bool decompress_wants_matched(const struct decompress *x);

/* As compress_matched. */
int decompress_matched(struct decompress *x, const uint8_t *p, size_t n, int repeat);

#endif
