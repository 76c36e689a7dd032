/* The index of an authority: what is read is written as the same bytes, but for what may stand in another order. */
#include <stdint.h>
#include <string.h>

#include "deploy/ca/index.h"
#include "fuzz/target.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static struct ca_index x, y;
	struct buf once = BUF_INIT, twice = BUF_INIT;
	unsigned line;

	if (index_parse((const char *)bytes, n, &x, &line) == 0) {
		index_put(&x, &once);
		must(index_parse((const char *)buf_head(&once), buf_len(&once), &y, &line) == 0);
		index_put(&y, &twice);
		must(buf_len(&once) == buf_len(&twice) && memcmp(buf_head(&once), buf_head(&twice), buf_len(&once)) == 0);
		must(index_revoke(&x, "alice", 5) != 0 || x.n > 0);
		index_done(&y);
	}
	index_done(&x);
	buf_done(&once);
	buf_done(&twice);
	return 0;
}
