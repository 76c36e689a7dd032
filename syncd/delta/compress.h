/* Compression of literal data, by the field's libraries: zlib (with and without matched data in
 * its history), zstd and lz4 (rsync-wire 7.9). */
#ifndef SALLYPORT_SYNCD_DELTA_COMPRESS_H
#define SALLYPORT_SYNCD_DELTA_COMPRESS_H

#include <stddef.h>
#include <stdint.h>

enum compress_method { COMPRESS_NONE, COMPRESS_ZLIB, COMPRESS_ZLIBX, COMPRESS_ZSTD, COMPRESS_LZ4 };

enum { COMPRESS_LEVEL_DEFAULT = INT32_MIN, COMPRESS_PIECE = 16383 };

struct compress;

/* Compressed bytes come out in pieces of at most COMPRESS_PIECE. */
typedef void compress_sink(void *arg, const uint8_t *bytes, size_t n);

const char *compress_names(void);		/* what this build offers, best first; static */
int compress_by_name(const char *name);		/* -1 when unknown or not built */

/* 0, E_UNSUPPORTED or -ENOMEM. */
int compress_new(enum compress_method method, int level, compress_sink *sink, void *arg, struct compress **ret);
void compress_free(struct compress *z);

void compress_begin(struct compress *z);		/* a file starts */
int compress_data(struct compress *z, const uint8_t *p, size_t n);

/* Everything given so far comes out, so that the peer can read it before what follows. */
int compress_flush(struct compress *z);

/* Matched data joins the history where the method has it there (zlib only).  repeat: as protocols
 * below 31 do, every piece beyond 65535 bytes repeats the block's beginning. */
int compress_matched(struct compress *z, const uint8_t *p, size_t n, int repeat);

#endif
