/* Compiled once for the library's functions and, where the compiler can, once more for AVX2. */
#include "config.h"

#include "syncd/delta/xxh3.h"

#ifdef XXH3_FOR_AVX2
#define XXH_INLINE_ALL
#define CODE xxh3_avx2
#else
#define CODE xxh3_library
#endif
#include <xxhash.h>

extern const struct xxh3_code xxh3_avx2, CODE;

static void *
state_new(void)
{
	return XXH3_createState();
}

static void
state_free(void *state)
{
	XXH3_freeState(state);
}

/* Seeds and lengths are no part of the running state: it serves both digests. */
static void
reset(void *state)
{
	XXH3_128bits_reset(state);
}

static void
update(void *state, const void *p, size_t n)
{
	XXH3_128bits_update(state, p, n);
}

static void
le64(uint8_t *out, uint64_t v)
{
	for (int i = 0; i < 8; i++)
		out[i] = (uint8_t)(v >> (8 * i));
}

static void
le128(uint8_t out[16], XXH128_hash_t h)
{
	le64(out, h.low64);
	le64(out + 8, h.high64);
}

static void
final64(const void *state, uint8_t out[8])
{
	le64(out, XXH3_64bits_digest(state));
}

static void
final128(const void *state, uint8_t out[16])
{
	le128(out, XXH3_128bits_digest(state));
}

static void
block64(const void *p, size_t n, uint64_t seed, uint8_t out[8])
{
	le64(out, XXH3_64bits_withSeed(p, n, seed));
}

static void
block128(const void *p, size_t n, uint64_t seed, uint8_t out[16])
{
	le128(out, XXH3_128bits_withSeed(p, n, seed));
}

const struct xxh3_code CODE = {
	.state_new = state_new, .state_free = state_free, .reset = reset, .update = update,
	.final64 = final64, .final128 = final128, .block64 = block64, .block128 = block128,
};

#ifndef XXH3_FOR_AVX2
const struct xxh3_code *
xxh3_code(void)
{
#ifdef HAVE_XXH3_AVX2
	if (__builtin_cpu_supports("avx2"))
		return &xxh3_avx2;
#endif
	return &xxh3_library;
}
#endif
