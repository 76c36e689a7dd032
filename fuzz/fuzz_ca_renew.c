/* What comes to the responder: the door's header, of which no part says the same, and a client's request. */
#include <stdint.h>
#include <string.h>

#include "deploy/ca/renew.h"
#include "fuzz/target.h"
#include "lib/err.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct evp_pkey_st *key = NULL;
	struct renew_who who, part;
	const uint8_t *request;
	size_t size, n_request;
	int r = renew_header(bytes, n < 16 ? n : 16, &who, &size);

	cert_key_free(cert_key_public(bytes, n));
	if (r != E_SHORT || size > n)
		return 0;
	must(size <= RENEW_HEADER_MAX);
	if (renew_header(bytes, size, &who, &size) != 0)
		return 0;
	must(index_name_ok(who.name) && renew_header(bytes, size - 1, &part, &size) == E_SHORT);
	if (renew_request(bytes + size, n - size, &request, &n_request) == 0) {
		must(n_request <= RENEW_REQUEST_MAX && request + n_request == bytes + n);
		if (cert_request(request, n_request, who.name, &key) == 0)
			cert_key_free(key);
	}
	return 0;
}
