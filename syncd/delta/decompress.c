/* Decompression of what a client of a push compressed: zlib, zlibx, zstd, lz4 (rsync-wire 7.9). */
#include "config.h"

#include "syncd/delta/decompress.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "lib/err.h"

#ifdef HAVE_ZSTD
#include <zstd.h>
#endif
#ifdef HAVE_LZ4
#include <lz4.h>
#endif

enum { OUT_SIZE = 65536, HISTORY_PIECE = 65535 };

struct decompress {
	enum compress_method method;
	expand_sink *sink;
	void *arg;
	int fed;		/* data came in since the last flush */
	z_stream zs;
	int zs_open;
#ifdef HAVE_ZSTD
	ZSTD_DCtx *zstd;
#endif
	uint8_t out[OUT_SIZE];
};

int
decompress_new(enum compress_method method, expand_sink *sink, void *arg, struct decompress **ret)
{
	struct decompress *x = calloc(1, sizeof *x);

	if (x == NULL)
		return -ENOMEM;
	x->method = method;
	x->sink = sink;
	x->arg = arg;
	if (method == COMPRESS_ZLIB || method == COMPRESS_ZLIBX)
		x->zs_open = inflateInit2(&x->zs, -15) == Z_OK;
#ifdef HAVE_ZSTD
	if (method == COMPRESS_ZSTD)
		x->zstd = ZSTD_createDCtx();
	if (method == COMPRESS_ZSTD && x->zstd == NULL) {
		decompress_free(x);
		return -ENOMEM;
	}
#endif
	if ((method == COMPRESS_ZLIB || method == COMPRESS_ZLIBX) && !x->zs_open) {
		decompress_free(x);
		return -ENOMEM;
	}
	*ret = x;
	return 0;
}

void
decompress_free(struct decompress *x)
{
	if (x == NULL)
		return;
	if (x->zs_open)
		inflateEnd(&x->zs);
#ifdef HAVE_ZSTD
	ZSTD_freeDCtx(x->zstd);
#endif
	free(x);
}

int
decompress_begin(struct decompress *x)
{
	x->fed = 0;
	if (x->zs_open && inflateReset(&x->zs) != Z_OK)	/* the others go on for the whole connection */
		return E_FORMAT;
	return 0;
}

/* Inflate p; the output goes to the sink, or nowhere (history). */
static int
inflate_bytes(struct decompress *x, const uint8_t *p, size_t n, int keep)
{
	int r = 0, z;

	x->zs.next_in = (uint8_t *)(uintptr_t)p;
	x->zs.avail_in = (unsigned)n;
	do {
		x->zs.next_out = x->out;
		x->zs.avail_out = OUT_SIZE;
		z = inflate(&x->zs, Z_SYNC_FLUSH);
		if (z != Z_OK && z != Z_BUF_ERROR)
			return z == Z_MEM_ERROR ? -ENOMEM : E_FORMAT;	/* the stream never ends, either */
		if (keep && x->zs.avail_out < OUT_SIZE)
			r = x->sink(x->arg, x->out, OUT_SIZE - x->zs.avail_out);
	} while (r == 0 && (x->zs.avail_out == 0 || (x->zs.avail_in > 0 && z == Z_OK)));
	return r != 0 ? r : x->zs.avail_in > 0 ? E_FORMAT : 0;
}

static int
expand_zstd(struct decompress *x, const uint8_t *p, size_t n)
{
#ifdef HAVE_ZSTD
	ZSTD_inBuffer in = { p, n, 0 };
	ZSTD_outBuffer out;
	size_t left;
	int r = 0;

	do {
		out = (ZSTD_outBuffer){ x->out, OUT_SIZE, 0 };
		left = ZSTD_decompressStream(x->zstd, &out, &in);
		if (ZSTD_isError(left))
			return E_FORMAT;
		if (out.pos > 0)
			r = x->sink(x->arg, x->out, out.pos);
	} while (r == 0 && (in.pos < in.size || out.pos == OUT_SIZE));
	return r;
#else
	(void)x;
	(void)p;
	(void)n;
	return E_UNSUPPORTED;
#endif
}

static int
expand_lz4(struct decompress *x, const uint8_t *p, size_t n)
{
#ifdef HAVE_LZ4
	int got = LZ4_decompress_safe((const char *)p, (char *)x->out, (int)n, OUT_SIZE);

	return got <= 0 ? E_FORMAT : x->sink(x->arg, x->out, (size_t)got);
#else
	(void)x;
	(void)p;
	(void)n;
	return E_UNSUPPORTED;
#endif
}

int
decompress_data(struct decompress *x, const uint8_t *p, size_t n)
{
	x->fed = 1;
	switch (x->method) {
	case COMPRESS_ZLIB:
	case COMPRESS_ZLIBX:
		return inflate_bytes(x, p, n, 1);
	case COMPRESS_ZSTD:
		return expand_zstd(x, p, n);
	case COMPRESS_LZ4:
		return expand_lz4(x, p, n);
	case COMPRESS_NONE:
		break;
	}
	return x->sink(x->arg, p, n);
}

int
decompress_flush(struct decompress *x)
{
	static const uint8_t mark[] = { 0, 0, 0xff, 0xff };	/* ends a sync flush and is not sent */

	if (!x->fed || !x->zs_open)
		return 0;
	x->fed = 0;
	return inflate_bytes(x, mark, sizeof mark, 1);
}

/* Matched data joins the history as a stored block, whose output is thrown away. */
bool
decompress_wants_matched(const struct decompress *x)
{
	return x->method == COMPRESS_ZLIB;
}

int
decompress_matched(struct decompress *x, const uint8_t *p, size_t n, int repeat)
{
	const uint8_t *at = p;
	int r = 0;

	if (!decompress_wants_matched(x))
		return 0;
	while (n > 0 && r == 0) {
		size_t piece = n > HISTORY_PIECE ? HISTORY_PIECE : n;
		const uint8_t head[] = { 0, (uint8_t)piece, (uint8_t)(piece >> 8), (uint8_t)~piece, (uint8_t)(~piece >> 8) };

		if ((r = inflate_bytes(x, head, sizeof head, 0)) == 0)
			r = inflate_bytes(x, at, piece, 0);
		n -= piece;
		at = repeat ? p : at + piece;
	}
	return r;
}
