/* Compression of literal data (-z): zlib, zlibx, zstd, lz4 (rsync-wire 7.9; rsync(1), --compress-choice). */
#include "config.h"

#include "syncd/delta/compress.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "lib/buf.h"
#include "lib/err.h"

#ifdef HAVE_ZSTD
#include <zstd.h>
#define ZSTD_NAME "zstd "
#else
#define ZSTD_NAME ""
#endif
#ifdef HAVE_LZ4
#include <lz4.h>
#define LZ4_NAME "lz4 "
#else
#define LZ4_NAME ""
#endif

enum {
	OUT_SIZE = 65536,
	HISTORY_PIECE = 65535,
	FLUSH_MARK = 4,		/* 00 00 ff ff ends a sync flush and is not sent */
};

struct compress {
	enum compress_method method;
	compress_sink *sink;
	void *arg;
	struct buf out;		/* compressed and not yet given to the sink */
	int pending;		/* data went in since the last flush */
	z_stream zs;
	int zs_open;
#ifdef HAVE_ZSTD
	ZSTD_CCtx *zstd;
#endif
};

const char *
compress_names(void)
{
	return ZSTD_NAME LZ4_NAME "zlibx zlib none";
}

int
compress_by_name(const char *name)
{
	static const struct { const char *name; enum compress_method method; } methods[] = {
		{ "none", COMPRESS_NONE }, { "zlib", COMPRESS_ZLIB }, { "zlibx", COMPRESS_ZLIBX },
#ifdef HAVE_ZSTD
		{ "zstd", COMPRESS_ZSTD },
#endif
#ifdef HAVE_LZ4
		{ "lz4", COMPRESS_LZ4 },
#endif
	};

	for (size_t i = 0; i < ARRAY_LEN(methods); i++)
		if (strcmp(methods[i].name, name) == 0)
			return (int)methods[i].method;
	return -1;
}

static int
open_zlib(struct compress *z, int level)
{
	if (level == COMPRESS_LEVEL_DEFAULT || level < -1 || level > 9)
		level = level > 9 && level != COMPRESS_LEVEL_DEFAULT ? 9 : Z_DEFAULT_COMPRESSION;
	if (deflateInit2(&z->zs, level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	z->zs_open = 1;
	return 0;
}

static int
open_zstd(struct compress *z, int level)
{
#ifdef HAVE_ZSTD
	if ((z->zstd = ZSTD_createCCtx()) == NULL)
		return -ENOMEM;
	if (level == COMPRESS_LEVEL_DEFAULT)
		level = ZSTD_CLEVEL_DEFAULT;
	level = level > ZSTD_maxCLevel() ? ZSTD_maxCLevel() : level < ZSTD_minCLevel() ? ZSTD_minCLevel() : level;
	return ZSTD_isError(ZSTD_CCtx_setParameter(z->zstd, ZSTD_c_compressionLevel, level)) ? -ENOMEM : 0;
#else
	(void)z;
	(void)level;
	return E_UNSUPPORTED;
#endif
}

int
compress_new(enum compress_method method, int level, compress_sink *sink, void *arg, struct compress **ret)
{
	struct compress *z = calloc(1, sizeof *z);
	int r = 0;

	if (z == NULL)
		return -ENOMEM;
	z->method = method;
	z->sink = sink;
	z->arg = arg;
	if (method == COMPRESS_ZLIB || method == COMPRESS_ZLIBX)
		r = open_zlib(z, level);
	else if (method == COMPRESS_ZSTD)
		r = open_zstd(z, level);
	if (r != 0) {
		compress_free(z);
		return r;
	}
	*ret = z;
	return 0;
}

void
compress_free(struct compress *z)
{
	if (z == NULL)
		return;
	if (z->zs_open)
		deflateEnd(&z->zs);
#ifdef HAVE_ZSTD
	ZSTD_freeCCtx(z->zstd);
#endif
	buf_done(&z->out);
	free(z);
}

void
compress_begin(struct compress *z)
{
	if (z->zs_open)
		deflateReset(&z->zs);	/* the others go on for the whole connection */
	z->pending = 0;
}

/* Give the sink what is ready, holding back the last `keep` bytes. */
static int
drain(struct compress *z, size_t keep)
{
	while (buf_len(&z->out) > keep) {
		size_t n = buf_len(&z->out) - keep;

		if (keep > 0 && n < COMPRESS_PIECE)
			break;		/* small pieces can wait for company */
		n = n > COMPRESS_PIECE ? COMPRESS_PIECE : n;
		z->sink(z->arg, buf_head(&z->out), n);
		buf_consume(&z->out, n);
	}
	return z->out.err;
}

static int
run_zlib(struct compress *z, const uint8_t *p, size_t n, int flush)
{
	z->zs.next_in = (Bytef *)p;
	z->zs.avail_in = (uInt)n;
	do {
		uint8_t *at = buf_reserve(&z->out, OUT_SIZE);

		if (at == NULL)
			return -ENOMEM;
		z->zs.next_out = at;
		z->zs.avail_out = OUT_SIZE;
		if (deflate(&z->zs, flush) == Z_STREAM_ERROR)
			return E_FORMAT;
		buf_commit(&z->out, OUT_SIZE - z->zs.avail_out);
	} while (z->zs.avail_in > 0 || z->zs.avail_out == 0);
	return drain(z, FLUSH_MARK);
}

static int
run_zstd(struct compress *z, const uint8_t *p, size_t n, int flush)
{
#ifdef HAVE_ZSTD
	ZSTD_inBuffer in = { p, n, 0 };
	size_t left = 1;

	while (in.pos < in.size || (flush && left != 0)) {
		uint8_t *at = buf_reserve(&z->out, OUT_SIZE);
		ZSTD_outBuffer out = { at, OUT_SIZE, 0 };

		if (at == NULL)
			return -ENOMEM;
		left = ZSTD_compressStream2(z->zstd, &out, &in, flush ? ZSTD_e_flush : ZSTD_e_continue);
		if (ZSTD_isError(left))
			return E_FORMAT;
		buf_commit(&z->out, out.pos);
	}
	return drain(z, flush ? 0 : 1);
#else
	(void)z, (void)p, (void)n, (void)flush;
	return E_UNSUPPORTED;
#endif
}

/* Each record is a block of its own, and must fit one. */
static int
run_lz4(struct compress *z, const uint8_t *p, size_t n)
{
#ifdef HAVE_LZ4
	char block[COMPRESS_PIECE];

	while (n > 0) {
		size_t take = n > COMPRESS_PIECE ? COMPRESS_PIECE : n;
		int got = 0;

		while ((got = LZ4_compress_default((const char *)p, block, (int)take, sizeof block)) <= 0 && take > 1)
			take /= 2;
		if (got <= 0)
			return E_FORMAT;
		z->sink(z->arg, (const uint8_t *)block, (size_t)got);
		p += take;
		n -= take;
	}
	return 0;
#else
	(void)z, (void)p, (void)n;
	return E_UNSUPPORTED;
#endif
}

int
compress_data(struct compress *z, const uint8_t *p, size_t n)
{
	if (n == 0)
		return 0;
	z->pending = 1;
	if (z->method == COMPRESS_LZ4)
		return run_lz4(z, p, n);
	return z->method == COMPRESS_ZSTD ? run_zstd(z, p, n, 0) : run_zlib(z, p, n, Z_NO_FLUSH);
}

int
compress_flush(struct compress *z)
{
	int r;

	if (!z->pending)
		return 0;
	z->pending = 0;
	if (z->method == COMPRESS_LZ4)
		return 0;
	if (z->method == COMPRESS_ZSTD)
		return run_zstd(z, NULL, 0, 1);
	if ((r = run_zlib(z, NULL, 0, Z_SYNC_FLUSH)) != 0)
		return r;
	z->out.tail -= FLUSH_MARK;
	return drain(z, 0);
}

int
compress_matched(struct compress *z, const uint8_t *p, size_t n, int repeat)
{
	if (z->method != COMPRESS_ZLIB)
		return 0;
	for (size_t at = 0; n > 0;) {
		size_t take = n > HISTORY_PIECE ? HISTORY_PIECE : n;

		if (deflateSetDictionary(&z->zs, p + at, (uInt)take) != Z_OK)
			return E_FORMAT;
		n -= take;
		at += repeat ? 0 : take;
	}
	return 0;
}
