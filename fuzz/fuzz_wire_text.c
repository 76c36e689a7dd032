/* What a client says as text: greeting and request lines, arguments, filter rules, lists of
 * names.  The first byte chooses. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/target.h"
#include "lib/err.h"
#include "syncd/types.h"
#include "syncd/wire/args.h"
#include "syncd/wire/compat.h"
#include "syncd/wire/filter.h"
#include "syncd/wire/hello.h"

static void
lines(struct cursor *c)
{
	char line[REQUEST_LINE_MAX + 1], name[16];
	struct cursor before = *c;
	struct hello h;
	long early = 0;

	while (line_get(c, line, sizeof line) == 0) {
		must(strlen(line) < sizeof line && strpbrk(line, "\r\n") == NULL && c->at > before.at);
		if (hello_get(line, &h) == HELLO_OK)
			must(h.version >= PROTO_MIN && h.version <= PROTO_MAX && strlen(h.digests) < sizeof h.digests);
		if (request_kind(line, &early) == REQUEST_EARLY_INPUT)
			must(early == -1 || (early >= 1 && early <= EARLY_INPUT_MAX));
		if (negotiate_name(line, "xxh128 xxh3 xxh64 md5 md4 sha1 none", name, sizeof name))
			must(strlen(name) < sizeof name);
		must((compat_flags(line, 0x1fa) & ~0x1fau) == 0);
		before = *c;
	}
	must(c->at == before.at);	/* what is not taken is not consumed */
}

static void
arguments(struct cursor *c, bool nul_ended)
{
	struct args a = { 0 };
	bool end = false;

	while (!end && args_get(c, nul_ended, &a, &end) == 0)
		;
	must(a.n <= ARGS_MAX && a.bytes <= ARGS_BYTES_MAX);
	for (size_t i = 0; i < a.n; i++) {
		size_t n = strlen(a.v[i]);

		must(n > 0 && n <= LINE_MAX_BYTES);
		arg_unquote(a.v[i]);
		must(strlen(a.v[i]) <= n);
	}
	args_free(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = cur_of(data + 1, size == 0 ? 0 : size - 1);
	const char *text;
	size_t n = 1;

	if (size == 0)
		return 0;
	switch (data[0] % 4) {
	case 0:
		lines(&c);
		break;
	case 1:
		arguments(&c, true);
		break;
	case 2:
		arguments(&c, false);
		break;
	case 3:
		while (n > 0 && filter_get(&c, &text, &n) == 0)
			must(n <= LINE_MAX_BYTES && memchr(text, '\0', n) == NULL);
		break;
	}
	return 0;
}
