/* Compression of literal data, by the field's libraries: zlib (with and without matched data in
 * its history), zstd and lz4 (rsync-wire 7.9). */
#ifndef SALLYPORT_SYNCD_DELTA_COMPRESS_H
#define SALLYPORT_SYNCD_DELTA_COMPRESS_H

#include <stddef.h>
#include <stdint.h>

enum squeeze_method { SQUEEZE_NONE, SQUEEZE_ZLIB, SQUEEZE_ZLIBX, SQUEEZE_ZSTD, SQUEEZE_LZ4 };

enum { SQUEEZE_LEVEL_DEFAULT = INT32_MIN, SQUEEZE_PIECE = 16383 };

struct squeeze;

/* Compressed bytes come out in pieces of at most SQUEEZE_PIECE. */
typedef void squeeze_sink(void *arg, const uint8_t *bytes, size_t n);

const char *squeeze_names(void);		/* what this build offers, best first; static */
int squeeze_by_name(const char *name);		/* -1 when unknown or not built */

/* 0, E_UNSUPPORTED or -ENOMEM. */
int squeeze_new(enum squeeze_method method, int level, squeeze_sink *sink, void *arg, struct squeeze **ret);
void squeeze_free(struct squeeze *z);

void squeeze_begin(struct squeeze *z);		/* a file starts */
int squeeze_data(struct squeeze *z, const uint8_t *p, size_t n);

/* Everything given so far comes out, so that the peer can read it before what follows. */
int squeeze_flush(struct squeeze *z);

/* Matched data joins the history where the method has it there (zlib only).  repeat: as protocols
 * below 31 do, every piece beyond 65535 bytes repeats the block's beginning. */
int squeeze_matched(struct squeeze *z, const uint8_t *p, size_t n, int repeat);

#endif
