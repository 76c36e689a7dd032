/* Integers, indices, item flags, sum heads, frame heads.  The first byte chooses; what decodes
 * must encode to something that decodes to the same, and what is short must leave its state. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/target.h"
#include "lib/err.h"
#include "syncd/wire/int.h"
#include "syncd/wire/mux.h"
#include "syncd/wire/ndx.h"
#include "syncd/wire/sum.h"

static void
integers(struct cursor *c, int kind)
{
	struct buf b = BUF_INIT;
	struct cursor again;
	int64_t v = kind == 0 ? get_varint(c) : kind == 1 ? get_longint(c) : get_varlong(c, kind + 1);

	if (c->err != 0)
		return;
	if (kind == 0)
		put_varint(&b, (int32_t)v);
	else if (kind == 1)
		put_longint(&b, v);
	else
		put_varlong(&b, v, kind + 1);
	again = cur_of(buf_head(&b), buf_len(&b));
	must(v == (kind == 0 ? get_varint(&again) : kind == 1 ? get_longint(&again) : get_varlong(&again, kind + 1)));
	must(again.err == 0 && cur_left(&again) == 0);
	buf_done(&b);
}

static void
indices(struct cursor *c, int version)
{
	struct ndx_state in = NDX_STATE_INIT, out = NDX_STATE_INIT, back = NDX_STATE_INIT, before;
	struct cursor again;
	struct buf b = BUF_INIT;
	int32_t ndx;

	for (;;) {
		before = in;
		ndx = ndx_get(c, version, &in);
		if (c->err != 0) {
			must(memcmp(&before, &in, sizeof in) == 0);
			break;
		}
		buf_clear(&b);
		ndx_put(&b, version, &out, ndx);
		again = cur_of(buf_head(&b), buf_len(&b));
		must(ndx_get(&again, version, &back) == ndx && again.err == 0 && cur_left(&again) == 0);
	}
	buf_done(&b);
}

static void
items(struct cursor *c)
{
	struct item it, back;
	struct cursor again;
	struct buf b = BUF_INIT;

	if (item_get(c, &it) == 0) {
		item_put(&b, &it);
		again = cur_of(buf_head(&b), buf_len(&b));
		must(item_get(&again, &back) == 0 && cur_left(&again) == 0);
		must(it.flags == back.flags && it.basis == back.basis && it.xname_len == back.xname_len);
		must(it.xname_len == 0 || memcmp(it.xname, back.xname, it.xname_len) == 0);
	}
	buf_done(&b);
}

static void
sums(struct cursor *c, int version)
{
	struct buf b = BUF_INIT;
	struct sum_head h;

	if (sum_head_get(c, version, 16, &h) == 0) {
		must(h.count >= 0 && h.block >= 0 && h.digest >= 0 && h.digest <= 16 && h.tail >= 0 && h.tail <= h.block);
		must(h.count == 0 || h.block > 0);
		sum_head_put(&b, &h);
		must(memcmp(buf_head(&b), c->at - SUM_HEAD_SIZE, SUM_HEAD_SIZE) == 0);
	}
	buf_done(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = cur_of(data + 1, size == 0 ? 0 : size - 1);
	unsigned code;
	size_t n;

	if (size == 0)
		return 0;
	switch (data[0] % 10) {
	case 0: case 1: case 2: case 3:
		while (c.err == 0)
			integers(&c, data[0] % 10);
		break;
	case 4:
		indices(&c, 30);
		break;
	case 5:
		indices(&c, 29);
		break;
	case 6:
		items(&c);
		break;
	case 7:
		sums(&c, 32);
		break;
	case 8:
		sums(&c, 28);
		break;
	case 9:
		while (mux_head_get(&c, data[0] & 0x80 ? MUX_PEER_SENDER : MUX_PEER_RECEIVER, &code, &n) == 0)
			must(n <= MUX_LEN_MAX && cur_bytes(&c, n < cur_left(&c) ? n : cur_left(&c)) != NULL);
		break;
	}
	return 0;
}
