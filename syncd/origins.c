#include "syncd/origins.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>

#include "lib/loop.h"

/* Is anything of it left, or a login that failed not long ago? */
static bool
is_used(const struct origins *os, const struct origin *o)
{
	if (o->held > 0 || (o->failures > 0 && os->n <= ORIGIN_FAILED_MAX && loop_clock() - o->failed < ORIGIN_FAILED_MS))
		return true;
	for (int i = 0; i < ORIGIN_QUEUES; i++)
		if (o->n[i] > 0)
			return true;
	return false;
}

static void
drop(struct origins *os, struct origin **at)
{
	struct origin *o = *at;

	*at = o->next;
	os->n--;
	free(o);
}

struct origin *
origin_of(struct origins *os, const struct addr *a)
{
	uint64_t network = addr_is_loopback(a) ? 0 : addr_network(a);
	struct origin *o;

	for (struct origin **at = &os->first; (o = *at) != NULL; ) {
		if (o->network == network)
			return o;
		if (is_used(os, o))
			at = &o->next;
		else
			drop(os, at);
	}
	if ((o = calloc(1, sizeof *o)) == NULL)
		return NULL;
	o->network = network;
	o->next = os->first;
	os->first = o;
	os->n++;
	return o;
}

void
origin_release(struct origins *os, struct origin *o)
{
	struct origin **at = &os->first;

	if (is_used(os, o))
		return;
	while (*at != o)
		at = &(*at)->next;
	drop(os, at);
}

void
origin_failed(struct origin *o)
{
	o->failures += o->failures < UINT_MAX;
	o->failed = loop_clock();
}

unsigned
origin_failures(struct origin *o)
{
	if (loop_clock() - o->failed >= ORIGIN_FAILED_MS)
		o->failures = 0;
	return o->failures;
}

void
origins_done(struct origins *os)
{
	while (os->first != NULL)
		drop(os, &os->first);
}
