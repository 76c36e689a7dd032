/* What a client sends for its next certificate, header and all: what is found lies within the bytes, and no part of them says the same. */
#include <stdint.h>
#include <string.h>

#include "deploy/ca/renew.h"
#include "fuzz/target.h"
#include "lib/err.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct renew_ask ask, part;
	struct evp_pkey_st *key = NULL;

	if (renew_parse(bytes, n, &ask) == 0) {
		must(n <= RENEW_MAX && index_name_ok(ask.name));
		must(ask.request > bytes && ask.request + ask.n_request == bytes + n);
		must(renew_parse(bytes, n - 1, &part) == E_SHORT);
		if (cert_request(ask.request, ask.n_request, ask.name, &key) == 0)
			cert_key_free(key);
	}
	cert_key_free(cert_key_public(bytes, n));
	return 0;
}
