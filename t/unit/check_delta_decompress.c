#include "config.h"

#include "syncd/delta/decompress.h"

#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/cursor.h"
#include "lib/err.h"
#include "t/unit/unit.h"

#ifdef SALLYPORT_SANITIZE	/* contexts of megabytes are dear there */
enum { ROUNDS = 12 };
#else
enum { ROUNDS = 50 };
#endif

enum { PLAIN_MAX = 300000, E_SINK = 77 };

struct pair {
	struct compress *z;
	struct decompress *x;
	struct buf plain, records;	/* a record: le32 length, bytes */
	int stop;			/* the sink says this */
};

static int
take_plain(void *arg, const uint8_t *p, size_t n)
{
	struct pair *k = arg;

	buf_put(&k->plain, p, n);
	return k->stop;
}

static void
take_record(void *arg, const uint8_t *p, size_t n)
{
	struct pair *k = arg;

	buf_le32(&k->records, (uint32_t)n);
	buf_put(&k->records, p, n);
}

static const struct {
	enum compress_method method;
	int level, repeat;
} kinds[] = {
	{ COMPRESS_ZLIB, COMPRESS_LEVEL_DEFAULT, 0 }, { COMPRESS_ZLIB, 1, 1 }, { COMPRESS_ZLIB, 9, 0 }, { COMPRESS_ZLIB, 0, 1 },
	{ COMPRESS_ZLIBX, COMPRESS_LEVEL_DEFAULT, 0 }, { COMPRESS_ZSTD, COMPRESS_LEVEL_DEFAULT, 0 }, { COMPRESS_ZSTD, 19, 0 },
	{ COMPRESS_LZ4, COMPRESS_LEVEL_DEFAULT, 0 },
};

static void
open_pair(struct pair *k, int kind)
{
	memset(k, 0, sizeof *k);
	ck_assert_int_eq(compress_new(kinds[kind].method, kinds[kind].level, take_record, k, &k->z), 0);
	ck_assert_int_eq(decompress_new(kinds[kind].method, take_plain, k, &k->x), 0);
}

static void
close_pair(struct pair *k)
{
	compress_free(k->z);
	decompress_free(k->x);
	buf_done(&k->plain);
	buf_done(&k->records);
}

/* All records, in memory of just their size; the first error. */
static int
read_records(struct pair *k)
{
	struct cursor c = cur_of(buf_head(&k->records), buf_len(&k->records));
	int r = 0;

	while (r == 0 && cur_left(&c) > 0) {
		size_t n = cur_le32(&c);
		uint8_t *copy = malloc(n + 1);

		memcpy(copy, cur_bytes(&c, n), n);
		r = decompress_data(k->x, copy, n);
		free(copy);
	}
	buf_clear(&k->records);
	return r;
}

static void
fill(uint8_t *p, size_t n, int kind)
{
	for (size_t i = 0; i < n; i++)
		p[i] = kind == 0 ? (uint8_t)random() : kind == 1 ? 'x' : (uint8_t)("the same words again and again "[i % 31] + (i % 977 == 0));
}

/* Literal data and matched data in turn, several files on one connection. */
START_TEST(what_was_compressed_comes_back)
{
	static const size_t sizes[] = { 1, 32, 700, 16383, 16384, 65535, 65536, 70000, PLAIN_MAX };
	uint8_t *p = malloc(PLAIN_MAX);
	struct pair k;

	open_pair(&k, _i);
	for (int file = 0; file < 6; file++) {
		compress_begin(k.z);
		ck_assert_int_eq(decompress_begin(k.x), 0);
		for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
			size_t n = sizes[(i + (size_t)file) % ARRAY_LEN(sizes)];

			fill(p, n, (file + (int)i) % 3);
			if (i % 3 == 2) {
				ck_assert_int_eq(compress_matched(k.z, p, n, kinds[_i].repeat), 0);
				ck_assert_int_eq(decompress_matched(k.x, p, n, kinds[_i].repeat), 0);
				ck_assert_uint_eq(buf_len(&k.records), 0);
				continue;
			}
			ck_assert_int_eq(compress_data(k.z, p, n), 0);
			ck_assert_int_eq(compress_flush(k.z), 0);
			ck_assert_int_eq(read_records(&k), 0);
			ck_assert_int_eq(decompress_flush(k.x), 0);
			ck_assert_uint_eq(buf_len(&k.plain), n);
			ck_assert(memcmp(buf_head(&k.plain), p, n) == 0);
			buf_clear(&k.plain);
		}
	}
	free(p);
	close_pair(&k);
}
END_TEST

/* One bit somewhere in the first record's bytes. */
static void
flip(struct buf *records)
{
	struct cursor c = cur_of(buf_head(records), buf_len(records));
	size_t n = cur_le32(&c);

	records->data[records->head + 4 + (size_t)random() % n] ^= (uint8_t)(1 << random() % 8);
}

START_TEST(damage_is_an_error_or_other_bytes_and_nothing_else)
{
	uint8_t *p = malloc(40000);
	struct pair k;

	for (int round = 0; round < ROUNDS; round++) {
		int r;

		open_pair(&k, _i);
		fill(p, 40000, round % 3);
		compress_begin(k.z);
		ck_assert_int_eq(decompress_begin(k.x), 0);
		ck_assert_int_eq(compress_data(k.z, p, 40000), 0);
		ck_assert_int_eq(compress_flush(k.z), 0);
		for (int flips = 0; flips <= round % 4; flips++)
			flip(&k.records);
		r = read_records(&k);
		if (r == 0)
			r = decompress_flush(k.x);
		ck_assert_msg(r == 0 || r == E_FORMAT, "%d", r);
		close_pair(&k);
	}
	free(p);
}
END_TEST

START_TEST(noise_is_no_record)
{
	struct pair k;
	for (int round = 0; round < 10 * ROUNDS; round++) {
		size_t n = 1 + (size_t)random() % 200;
		uint8_t *copy = malloc(n);
		int r = 0;

		open_pair(&k, _i);
		fill(copy, n, 0);
		ck_assert_int_eq(decompress_begin(k.x), 0);
		for (int again = 0; again < 3 && r == 0; again++)
			r = decompress_data(k.x, copy, n);
		if (r == 0)
			r = decompress_flush(k.x);
		ck_assert_msg(r == 0 || r == E_FORMAT, "%d", r);
		free(copy);
		close_pair(&k);
	}
}
END_TEST

START_TEST(the_sink_has_the_last_word)
{
	struct pair k;
	uint8_t *p = malloc(PLAIN_MAX);

	open_pair(&k, _i);
	fill(p, PLAIN_MAX, 2);
	compress_begin(k.z);
	ck_assert_int_eq(decompress_begin(k.x), 0);
	ck_assert_int_eq(compress_data(k.z, p, PLAIN_MAX), 0);
	ck_assert_int_eq(compress_flush(k.z), 0);
	k.stop = E_SINK;
	ck_assert_int_eq(read_records(&k), E_SINK);
	free(p);
	close_pair(&k);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("syncd/delta/decompress");
	TCase *t = tcase_create("expand");

	srandom(1);
	tcase_set_timeout(t, 240);
	tcase_add_loop_test(t, what_was_compressed_comes_back, 0, ARRAY_LEN(kinds));
	tcase_add_loop_test(t, damage_is_an_error_or_other_bytes_and_nothing_else, 0, ARRAY_LEN(kinds));
	tcase_add_loop_test(t, noise_is_no_record, 0, ARRAY_LEN(kinds));
	tcase_add_loop_test(t, the_sink_has_the_last_word, 0, ARRAY_LEN(kinds));
	suite_add_tcase(s, t);
	return unit_main(s);
}
