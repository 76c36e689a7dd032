#include "tunnel/tls/session_store.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { STALE_MS = 1000 };

struct slot {
	_Atomic uint64_t lock;		/* 0, or since when (ms) it is somebody's */
	_Atomic uint32_t n;		/* bytes; 0: empty */
	uint32_t once;
	uint64_t put;			/* ns, to tell the older one */
	int64_t until;
	unsigned char key[SESSION_STORE_KEY];
	uint8_t bytes[SESSION_STORE_BYTES];
};

struct session_store {
	struct slot slots[SESSION_STORE_BUCKETS][SESSION_STORE_WAYS];
};

static uint64_t
clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Not waited for: who finds it taken does without.  One that died with it, or never lets go, has it for a second. */
static int
lock(struct slot *s)
{
	uint64_t now = clock_ns() / 1000000 + 1, held = atomic_load(&s->lock);

	if (held != 0 && now - held < STALE_MS)		/* one of the future is stale, too */
		return 0;
	return atomic_compare_exchange_strong(&s->lock, &held, now);
}

static void
unlock(struct slot *s)
{
	atomic_store(&s->lock, 0);
}

static void
empty(struct slot *s)
{
	atomic_store(&s->n, 0);
	OPENSSL_cleanse(s->bytes, sizeof s->bytes);
}

static int
is_good(const struct slot *s, int64_t now)
{
	return atomic_load(&s->n) > 0 && s->until > now;
}

static int
is_of(const struct slot *s, const unsigned char key[SESSION_STORE_KEY])
{
	return memcmp(s->key, key, SESSION_STORE_KEY) == 0;
}

static struct slot *
bucket(struct session_store *s, const unsigned char key[SESSION_STORE_KEY])
{
	return s->slots[key[0] % SESSION_STORE_BUCKETS];
}

int
session_store_fd(void)
{
	int fd = memfd_create("sessions", MFD_CLOEXEC | MFD_ALLOW_SEALING), r = 0;

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, sizeof(struct session_store)) < 0 || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		r = -errno;		/* or who shrank it would kill all others */
	if (r == 0)
		return fd;
	close(fd);
	return r;
}

int
session_store_map(int fd, struct session_store **ret)
{
	void *p = mmap(NULL, sizeof **ret, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		return -errno;
	(void)madvise(p, sizeof **ret, MADV_DONTDUMP);
	*ret = p;
	return 0;
}

void
session_store_unmap(struct session_store *s)
{
	if (s != NULL)
		munmap(s, sizeof *s);
}

/* The slot of a bucket that a new session goes to: one that it replaces, an empty one, or the oldest, of its own key where
 * there are enough of that. */
static struct slot *
place_for(struct slot *all, const unsigned char key[SESSION_STORE_KEY], int once, int64_t now)
{
	struct slot *oldest = &all[0], *own = NULL, *empty_one = NULL;
	int n = 0;

	for (struct slot *s = all; s < all + SESSION_STORE_WAYS; s++) {
		if (!is_good(s, now)) {
			empty_one = s;
			continue;
		}
		if (is_of(s, key) && !once && !s->once)
			return s;
		if (is_of(s, key) && (n++ == 0 || s->put < own->put))
			own = s;
		if (s->put < oldest->put)
			oldest = s;
	}
	return n >= SESSION_STORE_EACH ? own : empty_one != NULL ? empty_one : oldest;
}

void
session_store_put(struct session_store *s, const unsigned char key[SESSION_STORE_KEY], const uint8_t *bytes, size_t n, int once,
    int64_t until)
{
	struct slot *at = place_for(bucket(s, key), key, once, (int64_t)time(NULL));

	if (n == 0 || n > SESSION_STORE_BYTES || !lock(at))
		return;
	empty(at);
	memcpy(at->key, key, SESSION_STORE_KEY);
	memcpy(at->bytes, bytes, n);
	at->once = once != 0;
	at->until = until;
	at->put = clock_ns();
	atomic_store(&at->n, (uint32_t)n);
	unlock(at);
}

static struct slot *
newest(struct slot *all, const unsigned char key[SESSION_STORE_KEY], int64_t now)
{
	struct slot *found = NULL;

	for (struct slot *s = all; s < all + SESSION_STORE_WAYS; s++)
		if (is_good(s, now) && is_of(s, key) && (found == NULL || s->put > found->put))
			found = s;
	return found;
}

/* 0 when somebody was faster. */
static size_t
take_from(struct slot *at, const unsigned char key[SESSION_STORE_KEY], int64_t now, uint8_t dst[SESSION_STORE_BYTES])
{
	size_t n;

	if (!lock(at))
		return 0;
	n = is_good(at, now) && is_of(at, key) ? atomic_load(&at->n) : 0;
	if (n > SESSION_STORE_BYTES)
		n = 0;
	memcpy(dst, at->bytes, n);
	if (n > 0 && at->once)
		empty(at);
	unlock(at);
	return n;
}

size_t
session_store_take(struct session_store *s, const unsigned char key[SESSION_STORE_KEY], uint8_t dst[SESSION_STORE_BYTES])
{
	int64_t now = (int64_t)time(NULL);
	size_t n = 0;

	for (int tries = 0; tries < SESSION_STORE_EACH && n == 0; tries++) {
		struct slot *at = newest(bucket(s, key), key, now);

		if (at == NULL)
			return 0;
		n = take_from(at, key, now, dst);
	}
	return n;
}

void
session_store_forget(struct session_store *s, const unsigned char key[SESSION_STORE_KEY])
{
	struct slot *all = bucket(s, key);

	for (struct slot *at = all; at < all + SESSION_STORE_WAYS; at++)
		if (atomic_load(&at->n) > 0 && is_of(at, key) && lock(at)) {
			if (is_of(at, key))
				empty(at);
			unlock(at);
		}
}
