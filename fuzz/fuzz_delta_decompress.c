/* Compressed tokens of a file as a client sends them: the first byte chooses the method, the second how many
 * blocks there are; records, runs of blocks and the end go through the expander.  However the input is cut,
 * the same plain bytes come out. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "syncd/delta/decompress.h"
#include "syncd/wire/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PLAIN_MAX = 4 << 20, E_ENOUGH = 1 };

static int
take(void *arg, const uint8_t *p, size_t n)
{
	struct buf *b = arg;

	buf_put(b, p, n);
	return buf_len(b) > PLAIN_MAX ? E_ENOUGH : 0;
}

static int
put_run(struct decompress *x, struct buf *plain, const struct token_record *t, unsigned count)
{
	uint8_t block[700];
	int r = decompress_flush(x);

	for (size_t i = 0; i < t->n && r == 0; i++) {
		if (t->block + (int64_t)i >= (int64_t)count)
			return E_FORMAT;
		memset(block, (int)(t->block + (int64_t)i), sizeof block);
		if ((r = decompress_matched(x, block, sizeof block, 0)) == 0)
			r = take(plain, block, sizeof block);
	}
	return r;
}

/* All files of the stream; step: bytes that are added to what can be read when it is short. */
static int
read_all(const uint8_t *data, size_t size, size_t step, struct buf *plain)
{
	struct decompress *x;
	struct token_record t;
	size_t at = 2, have = size < 2 + step ? size : 2 + step;
	int64_t base = 0;
	int r = decompress_new((enum compress_method)(COMPRESS_ZLIB + data[0] % 4), take, plain, &x);

	if (r != 0)
		return r;
	r = decompress_begin(x);
	while (r == 0) {
		struct cursor c = cur_of(data + at, have - at);

		r = token_get(&c, base, &t);
		if (r == E_SHORT && have < size) {
			have = have + step < size ? have + step : size;
			r = 0;
			continue;
		}
		if (r == 0 && t.kind == TOKEN_DATA) {
			r = decompress_data(x, t.bytes, t.n);
		} else if (r == 0 && t.kind == TOKEN_BLOCKS) {
			r = put_run(x, plain, &t, data[1]);
			base = t.block + (int64_t)t.n - 1;
		} else if (r == 0 && (r = decompress_flush(x)) == 0) {
			base = 0;
			r = decompress_begin(x);
		}
		at = have - cur_left(&c);
	}
	decompress_free(x);
	return r;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole = BUF_INIT, cut = BUF_INIT;
	int r;

	if (size < 3 || size > 40000)
		return 0;
	r = read_all(data, size, size, &whole);
	if (read_all(data, size, 1 + data[2] % 7, &cut) != r || buf_len(&whole) != buf_len(&cut) ||
	    memcmp(buf_head(&whole), buf_head(&cut), buf_len(&cut)) != 0)
		abort();
	buf_done(&whole);
	buf_done(&cut);
	return 0;
}
