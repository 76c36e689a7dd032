#include "tunnel/service/limit.h"

#include <errno.h>
#include <openssl/rand.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { ROWS = 2, SLOTS = 1 << 15, SECOND = 1000000, TRIES = 64 };

/* A slot is the time (us) at which all that came would have come at exactly the rate.  Two addresses may
 * meet in a slot, but hardly in both rows: who is refused has both against it. */
struct meter {
	_Atomic uint64_t all;
	_Atomic uint64_t slots[ROWS][SLOTS];
};

struct limits {
	uint64_t seed[ROWS];		/* nobody can choose whom to meet */
	struct meter *meters;		/* LIMITS of them, which any worker can write */
};

static const size_t METERS_SIZE = LIMITS * sizeof(struct meter);

int
limits_new(struct limits **ret)
{
	struct limits *l = calloc(1, sizeof *l);
	int r = -EIO;

	if (l == NULL)
		return -ENOMEM;
	if (RAND_bytes((unsigned char *)l->seed, sizeof l->seed) != 1)
		goto err;
	l->meters = mmap(NULL, METERS_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (l->meters == MAP_FAILED) {
		r = -errno;
		goto err;
	}
	*ret = l;
	return 0;
err:	free(l);
	return r;
}

void
limits_free(struct limits *l)
{
	free(l);
}

void
limits_clear(struct limits *l)
{
	if (madvise(l->meters, METERS_SIZE, MADV_REMOVE) < 0)
		memset((void *)l->meters, 0, METERS_SIZE);
}

void
limits_leave(struct limits *l)
{
	munmap(l->meters, METERS_SIZE);
}

/* The finalizer of MurmurHash3. */
static uint64_t
mix(uint64_t x)
{
	x = (x ^ x >> 33) * UINT64_C(0xff51afd7ed558ccd);
	x = (x ^ x >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
	return x ^ x >> 33;
}

/* The slot after one more, or 0 when there is no room for it in this second.  slot is at most 2 s ahead. */
static uint64_t
after(uint64_t slot, uint64_t now, unsigned rate)
{
	uint64_t next = (slot > now ? slot : now) + SECOND / rate;

	return next - now > SECOND ? 0 : next;
}

/* No worker puts more than a second into a slot, by its own clock, which may be a turn of its loop ahead of ours: what is
 * 2 s ahead was written by one that was taken over, and is to keep nobody out for longer than a second. */
static int
take(_Atomic uint64_t *slot, uint64_t now, unsigned rate)
{
	uint64_t had = atomic_load(slot), next;

	for (int i = 0; i < TRIES; i++) {
		int false_one = had > now && had - now > 2 * SECOND;

		if ((next = false_one ? now + SECOND : after(had, now, rate)) == 0)
			return 0;
		if (atomic_compare_exchange_weak(slot, &had, next))
			return !false_one;
	}
	return 0;
}

int
limits_admit(struct limits *l, enum limit what, const struct addr *peer, uint64_t now, unsigned rate, unsigned rate_address)
{
	struct meter *m = &l->meters[what];
	uint64_t net = addr_network(peer), us = now * 1000;
	int good = 0;

	if (rate_address > 0 && net != 0) {
		for (int i = 0; i < ROWS; i++)
			good |= take(&m->slots[i][mix(net ^ l->seed[i]) % SLOTS], us, rate_address);
		if (!good)
			return 0;
	}
	return rate == 0 || take(&m->all, us, rate);
}
