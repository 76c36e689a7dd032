#include "config.h"

#include "syncd/delta/compress.h"

#include <string.h>
#include <zlib.h>
#ifdef HAVE_ZSTD
#include <zstd.h>
#endif
#ifdef HAVE_LZ4
#include <lz4.h>
#endif

#include "lib/buf.h"
#include "lib/err.h"
#include "t/unit/unit.h"

enum { PLAIN_MAX = 400000 };

/* The receiving side, as the protocol describes it (rsync-wire 7.9). */
struct reader {
	enum compress_method method;
	struct buf plain;
	z_stream zs;
	int records;		/* since the last token */
#ifdef HAVE_ZSTD
	ZSTD_DCtx *zstd;
#endif
};

static void
inflate_all(struct reader *r, const uint8_t *p, size_t n, int keep)
{
	uint8_t out[65536];

	r->zs.next_in = (Bytef *)p;
	r->zs.avail_in = (uInt)n;
	do {
		r->zs.next_out = out;
		r->zs.avail_out = sizeof out;
		int code = inflate(&r->zs, Z_SYNC_FLUSH);
		ck_assert_msg(code == Z_OK || code == Z_BUF_ERROR, "inflate: %d", code);
		if (keep)
			buf_put(&r->plain, out, sizeof out - r->zs.avail_out);
	} while (r->zs.avail_in > 0 || r->zs.avail_out == 0);
}

static void
record(void *arg, const uint8_t *p, size_t n)
{
	struct reader *r = arg;

	ck_assert(n > 0 && n <= COMPRESS_PIECE);
	r->records++;
	if (r->method == COMPRESS_ZLIB || r->method == COMPRESS_ZLIBX)
		inflate_all(r, p, n, 1);
#ifdef HAVE_LZ4
	if (r->method == COMPRESS_LZ4) {
		static char out[70000];
		int got = LZ4_decompress_safe((const char *)p, out, (int)n, sizeof out);

		ck_assert_int_gt(got, 0);	/* a record of nothing is taken for the end */
		ck_assert_int_le(got, 32768);
		buf_put(&r->plain, out, (size_t)got);
	}
#endif
#ifdef HAVE_ZSTD
	if (r->method == COMPRESS_ZSTD) {
		ZSTD_inBuffer in = { p, n, 0 };
		static uint8_t out[131072];
		ZSTD_outBuffer o = { out, sizeof out, sizeof out };

		while (in.pos < in.size || o.pos == o.size) {
			o.pos = 0;
			ck_assert(!ZSTD_isError(ZSTD_decompressStream(r->zstd, &o, &in)));
			buf_put(&r->plain, out, o.pos);
		}
	}
#endif
}

static void
token(struct reader *r)		/* a record that is no data: END, or a block */
{
	if (r->records > 0 && (r->method == COMPRESS_ZLIB || r->method == COMPRESS_ZLIBX))
		inflate_all(r, (const uint8_t *)"\x00\x00\xff\xff", 4, 1);
	r->records = 0;
}

/* The receiver's half of the old method: the matched bytes as a stored block. */
static void
see_matched(struct reader *r, const uint8_t *p, size_t n, int repeat)
{
	if (r->method != COMPRESS_ZLIB)
		return;
	for (size_t at = 0; n > 0;) {
		size_t take = n > 65535 ? 65535 : n;
		uint8_t head[5] = { 0, (uint8_t)take, (uint8_t)(take >> 8), (uint8_t)~take, (uint8_t)(~take >> 8) };

		inflate_all(r, head, sizeof head, 0);
		inflate_all(r, p + at, take, 0);
		n -= take;
		at += repeat ? 0 : take;
	}
}

static const struct {
	enum compress_method method;
	int level, repeat;
} kinds[] = {
	{ COMPRESS_ZLIB, COMPRESS_LEVEL_DEFAULT, 0 }, { COMPRESS_ZLIB, 1, 1 }, { COMPRESS_ZLIB, 9, 0 }, { COMPRESS_ZLIB, 0, 0 },
	{ COMPRESS_ZLIBX, COMPRESS_LEVEL_DEFAULT, 0 }, { COMPRESS_ZLIBX, 99, 0 }, { COMPRESS_ZLIBX, -7, 0 },
	{ COMPRESS_ZSTD, COMPRESS_LEVEL_DEFAULT, 0 }, { COMPRESS_ZSTD, 1000, 0 }, { COMPRESS_ZSTD, INT32_MIN + 1, 0 },
	{ COMPRESS_LZ4, COMPRESS_LEVEL_DEFAULT, 0 },
};

static void
fill(uint8_t *p, size_t n, int kind)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(kind == 0 ? random() : kind == 1 ? 'a' + (int)(i / 7 % 5) : random() % 4 ? 'x' : random());
}

START_TEST(what_goes_in_comes_out_before_the_next_token)
{
	static uint8_t plain[PLAIN_MAX];
	struct reader r = { .method = kinds[_i].method };
	struct compress *z;

	if (compress_new(kinds[_i].method, kinds[_i].level, record, &r, &z) == E_UNSUPPORTED)
		return;
	ck_assert_int_eq(inflateInit2(&r.zs, -15), Z_OK);
#ifdef HAVE_ZSTD
	r.zstd = ZSTD_createDCtx();
#endif
	srandom((unsigned)_i);
	for (int file = 0; file < 6; file++) {
		compress_begin(z);
		inflateReset(&r.zs);
		for (int part = 0; part < 8; part++) {
			size_t n = random() % 5 == 0 ? 0 : (size_t)random() % (random() % 4 == 0 ? PLAIN_MAX : 3000), at = 0;

			fill(plain, n, (int)(random() % 3));
			buf_clear(&r.plain);
			while (at < n) {
				size_t take = 1 + (size_t)random() % 32768;

				take = take > n - at ? n - at : take;
				ck_assert_int_eq(compress_data(z, plain + at, take), 0);
				at += take;
			}
			ck_assert_int_eq(compress_flush(z), 0);
			ck_assert(n > 0 || r.records == 0);
			token(&r);
			ck_assert_msg(buf_len(&r.plain) == n && memcmp(buf_head(&r.plain), plain, n) == 0, "file %d part %d", file, part);
			if (random() % 2) {	/* then a block that matched */
				n = 1 + (size_t)random() % (random() % 3 == 0 ? 200000 : 2000);
				fill(plain, n, (int)(random() % 3));
				ck_assert_int_eq(compress_matched(z, plain, n, kinds[_i].repeat), 0);
				see_matched(&r, plain, n, kinds[_i].repeat);
			}
		}
	}
	compress_free(z);
	inflateEnd(&r.zs);
#ifdef HAVE_ZSTD
	ZSTD_freeDCtx(r.zstd);
#endif
	buf_done(&r.plain);
}
END_TEST

START_TEST(the_old_method_finds_literals_in_matched_blocks)
{
	static uint8_t block[20000];
	struct reader r = { .method = COMPRESS_ZLIB };
	struct compress *z;

	srandom(3);
	fill(block, sizeof block, 0);
	inflateInit2(&r.zs, -15);
	ck_assert_int_eq(compress_new(COMPRESS_ZLIB, 6, record, &r, &z), 0);
	compress_begin(z);
	compress_matched(z, block, sizeof block, 0);
	see_matched(&r, block, sizeof block, 0);
	compress_data(z, block, sizeof block);
	compress_flush(z);
	ck_assert_uint_lt(r.zs.total_in, sizeof block + 5 + 1000);	/* noise, but noise that was seen */
	token(&r);
	ck_assert(buf_len(&r.plain) == sizeof block && memcmp(buf_head(&r.plain), block, sizeof block) == 0);
	compress_free(z);
	inflateEnd(&r.zs);
	buf_done(&r.plain);
}
END_TEST

static void
collect(void *arg, const uint8_t *p, size_t n)
{
	buf_put(arg, p, n);
}

START_TEST(the_worked_example_is_made)
{
	struct buf b = BUF_INIT;
	struct compress *z;

	ck_assert_int_eq(compress_new(COMPRESS_ZLIBX, COMPRESS_LEVEL_DEFAULT, collect, &b, &z), 0);
	compress_begin(z);
	compress_data(z, (const uint8_t *)"x\n", 2);
	compress_flush(z);
	ck_assert_uint_eq(buf_len(&b), 4);
	ck_assert(memcmp(buf_head(&b), "\xaa\xe0\x02\x00", 4) == 0);
	compress_flush(z);
	ck_assert_uint_eq(buf_len(&b), 4);
	compress_free(z);
	compress_free(NULL);
	buf_done(&b);
}
END_TEST

START_TEST(names_are_known)
{
	ck_assert_int_eq(compress_by_name("zlib"), COMPRESS_ZLIB);
	ck_assert_int_eq(compress_by_name("zlibx"), COMPRESS_ZLIBX);
	ck_assert_int_eq(compress_by_name("none"), COMPRESS_NONE);
	ck_assert_int_eq(compress_by_name("zlibxx"), -1);
	ck_assert_int_eq(compress_by_name(""), -1);
	ck_assert(strstr(compress_names(), "zlibx zlib none") != NULL);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("syncd/delta/compress");
	TCase *t = tcase_create("compress");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, what_goes_in_comes_out_before_the_next_token, 0, ARRAY_LEN(kinds));
	tcase_add_test(t, the_old_method_finds_literals_in_matched_blocks);
	tcase_add_test(t, the_worked_example_is_made);
	tcase_add_test(t, names_are_known);
	suite_add_tcase(s, t);
	return unit_main(s);
}
