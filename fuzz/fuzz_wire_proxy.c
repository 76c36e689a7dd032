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

static void
are_names(char names[IDENTITY_NAMES_SIZE])
{
	char *rest = names, *name;
	unsigned n = 0;

	must(strnlen(names, IDENTITY_NAMES_SIZE) < IDENTITY_NAMES_SIZE);
	while (names[0] != '\0' && (name = strsep(&rest, "\n")) != NULL) {
		must(++n <= IDENTITY_NAMES_MAX && strlen(name) < IDENTITY_NAME_SIZE && strchr(name, ':') != NULL);
		is_text(name, IDENTITY_NAME_SIZE);
	}
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
	must(p.id.tls || !p.has_cert);
	must(p.has_cert || !p.id.verified);
	must(p.id.verified || (p.id.key[0] == '\0' && p.id.names[0] == '\0' && p.id.serial[0] == '\0' && p.id.issuer[0] == '\0'));
	must(p.id.key[0] == '\0' || strlen(p.id.key) == IDENTITY_KEY_SIZE - 1);
	is_text(p.id.version, sizeof p.id.version), is_text(p.cipher, sizeof p.cipher), is_text(p.id.common_name, sizeof p.id.common_name);
	is_text(p.id.serial, sizeof p.id.serial), is_text(p.id.issuer, sizeof p.id.issuer), are_names(p.id.names);
	is_text(p.authority, sizeof p.authority), is_text(p.alpn, sizeof p.alpn), is_text(p.unique_id, sizeof p.unique_id);
	return 0;
}
