#include "syncd/slots.h"

#include <fcntl.h>
#include <sys/socket.h>

#include "lib/err.h"

/* A key's places are a byte each, far beyond any that rsync's daemon locks: 1, user or address, 49 bits of the key, 12 bits of the place. */
enum { PLACE_BITS = 12, KEY_BITS = 49 };

_Static_assert(SLOTS_KEYED_MAX == 1 << PLACE_BITS, "a place is in the bits that there are for it");

#define KEYED (UINT64_C(1) << (PLACE_BITS + KEY_BITS + 1))
#define OF_USER (UINT64_C(1) << KEY_BITS)

static int
claim(int fd, off_t from, off_t width, int64_t most)
{
	struct flock slot = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = width };

	for (int64_t i = 0; i < most; i++) {
		slot.l_start = from + width * i;
		if (fcntl(fd, F_SETLK, &slot) == 0)
			return 0;
	}
	return E_LIMIT;
}

int
slots_claim(int fd, int64_t most)
{
	return claim(fd, 0, 4, most);
}

int
slots_claim_keyed(int fd, uint64_t key, int64_t most)
{
	return claim(fd, (off_t)(KEYED | key << PLACE_BITS), 1, most < SLOTS_KEYED_MAX ? most : SLOTS_KEYED_MAX);
}

/* FNV-1a.  Two keys that fall together share their places: the worst that comes of it is a refusal. */
static uint64_t
hash(const void *bytes, size_t n)
{
	const uint8_t *c = bytes;
	uint64_t h = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < n; i++)
		h = (h ^ c[i]) * UINT64_C(1099511628211);
	return (h ^ h >> KEY_BITS) & (OF_USER - 1);
}

uint64_t
slots_of_address(const struct addr *a)
{
	uint64_t network = addr_network(a);

	return network >> 33 == 0 && a->ss.ss_family != AF_INET6 ? network : hash(&network, sizeof network) | UINT64_C(1) << (KEY_BITS - 1);
}

uint64_t
slots_of_user(const char *name)
{
	size_t n = 0;

	while (name[n] != '\0')
		n++;
	return OF_USER | hash(name, n);
}
