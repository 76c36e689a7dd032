/* What a peer says before TLS.  The first byte chooses protocol, side and slot; the rest comes from
 * whichever side is read. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tunnel/proto/starttls.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char host[] = "t.example:443", user[] = "u", password[] = "pw";

static int
answer(struct starttls *p, int asked, int bit)
{
	if (asked == ST_QUIET)
		p->talked = bit;
	else
		p->n_found = addr_parse(p->host, p->port, &p->found[0]) == 0;
	return starttls_go_on(p);
}

static void
play(starttls_run run, const uint8_t *data, size_t size, int bit)
{
	struct starttls_conf conf = { host, user, password, bit ? AUTH_NTLM : AUTH_PLAIN, { NULL, 0 }, NULL, { 0 } };
	struct starttls p;
	size_t at = 0;
	int r = starttls_begin(&p, run, &conf);

	for (int turns = 0; r > ST_DONE && turns < 1 << 20; turns++) {
		size_t n;

		if (r != ST_READ) {
			r = answer(&p, r, bit);
			continue;
		}
		if ((n = starttls_wants(&p)) == 0)
			abort();
		if (n > size - at)
			n = size - at;
		if (n == 0)
			break;
		r = starttls_take(&p, data + at, n);
		at += n;
	}
	if (r < 0 && p.why == NULL)
		abort();
	if (buf_len(&p.out[ST_LOCAL]) + buf_len(&p.out[ST_REMOTE]) > 4096 + 8 * size)
		abort();
	starttls_done(&p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	starttls_run run;
	int protocol, client;

	if (size == 0)
		return 0;
	protocol = (data[0] & 0x0f) % PROTOCOLS;
	client = data[0] >> 4 & 1;
	for (int slot = 0; slot < ST_SLOTS; slot++)
		if ((run = starttls_find(protocol, client, (enum starttls_slot)slot)) != NULL)
			play(run, data + 1, size - 1, data[0] >> 5 & 1);
	return 0;
}
