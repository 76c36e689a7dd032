/* PROXY headers: whatever comes is taken as a whole, asked for in full, or none. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/target.h"
#include "lib/err.h"
#include "syncd/wire/proxy_in.h"

static void
is_text(const char *text, size_t size)
{
	size_t n = strnlen(text, size);

	must(n < size);
	for (size_t i = 0; i < n; i++)
		must((unsigned char)text[i] >= 0x20 && text[i] != 0x7f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = cur_of(data, size);
	struct proxy_in p;
	char text[ADDR_TEXT_SIZE];
	int r = proxy_in_get(&c, &p);

	must(r == 0 || r == E_SHORT || r == E_FORMAT || r == E_LIMIT);
	if (r == E_SHORT)
		must(c.at == data && size < PROXY_V2_MAX);	/* a bound on what is waited for */
	if (r != 0)
		return 0;
	must(c.at > data && (size_t)(c.at - data) <= PROXY_V2_MAX);
	if (p.known)
		must(addr_host(&p.from, text, sizeof text)[0] != '\0');
	must(p.tls || !p.has_cert);
	must(p.has_cert || !p.verified);
	is_text(p.version, sizeof p.version), is_text(p.cipher, sizeof p.cipher), is_text(p.common_name, sizeof p.common_name);
	is_text(p.authority, sizeof p.authority), is_text(p.alpn, sizeof p.alpn), is_text(p.unique_id, sizeof p.unique_id);
	return 0;
}
