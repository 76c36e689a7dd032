/* Invitations, as text; and, where that begins with "!", the bytes of one, to which the sum is put here, which a fuzzer does not guess.
 * What is read is written as the same text. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "fuzz/target.h"
#include "lib/invite.h"

static uint32_t
sum_of(const uint8_t *bytes, size_t n)
{
	uint32_t sum = UINT32_MAX;

	for (size_t i = 0; i < 8 * n; i++)
		sum = sum >> 1 ^ ((sum ^ bytes[i / 8] >> i % 8) & 1 ? 0xedb88320u : 0);
	return ~sum;
}

static void
spell(const uint8_t *bytes, size_t n, struct buf *text)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	struct buf all = BUF_INIT;
	uint32_t bits = 0;
	size_t have = 0;

	buf_put(&all, bytes, n);
	buf_le32(&all, sum_of(bytes, n));
	buf_text(text, "sallyport1:");
	for (size_t i = 0; i < buf_len(&all); i++)
		for (bits = bits << 8 | buf_head(&all)[i], have += 8; have >= 6; have -= 6)
			buf_u8(text, (uint8_t)letters[bits >> (have - 6) & 63]);
	if (have > 0)
		buf_u8(text, (uint8_t)letters[bits << (6 - have) & 63]);
	buf_done(&all);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct invite v;
	struct buf text = BUF_INIT, again = BUF_INIT;

	if (size > INVITE_TEXT_MAX)
		return 0;
	if (size > 0 && data[0] == '!')
		spell(data + 1, size - 1, &text);
	else
		buf_put(&text, data, size);
	if (invite_get((const char *)buf_head(&text), buf_len(&text), &v) == 0) {
		must(invite_put(&v, &again) == 0);
		must(buf_len(&again) == buf_len(&text) && memcmp(buf_head(&again), buf_head(&text), buf_len(&text)) == 0);
		must(v.port != 0 && v.n_cert > 0 && v.n_key > 0 && v.host[0] != '-' && strchr(v.module, '/') == NULL);
	} else {
		must(v.n_key == 0 && v.host[0] == '\0');
	}
	buf_done(&text);
	buf_done(&again);
	return 0;
}
