/* The rolling sum of a block (rsync-wire 7.6). */
#include "syncd/delta/rolling.h"

#if defined __x86_64__ && defined __GNUC__
#define HAVE_AVX2_PATH 1
#include <immintrin.h>
#endif

enum { LANES = 32 };

/* s1 = sum of x[i], s2 = sum of (n-i) x[i].  Taken LANES bytes at a time, s2 grows by LANES times
 * the s1 before and by the bytes weighted LANES..1: nothing is carried within a step. */
static struct rolling
plain_lanes(const uint8_t *p, size_t n)
{
	struct rolling r = { 0, 0 };

	for (; n >= LANES; p += LANES, n -= LANES) {
		int32_t sum = 0, weighted = 0;

		for (int i = 0; i < LANES; i++) {
			sum += (int8_t)p[i];
			weighted += (LANES - i) * (int8_t)p[i];
		}
		r.s2 += LANES * r.s1 + (uint32_t)weighted;
		r.s1 += (uint32_t)sum;
	}
	return r;
}

#ifdef HAVE_AVX2_PATH
__attribute__((target("avx2"))) static uint32_t
lane_sum(__m256i v)
{
	__m128i x = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));

	x = _mm_add_epi32(x, _mm_shuffle_epi32(x, 0x4e));
	x = _mm_add_epi32(x, _mm_shuffle_epi32(x, 0xb1));
	return (uint32_t)_mm_cvtsi128_si32(x);
}

/* The same in vectors: 32-bit lanes wrap, and only the low 16 bits of the sums count. */
__attribute__((target("avx2"))) static struct rolling
avx2_lanes(const uint8_t *p, size_t n)
{
	const __m256i weights = _mm256_setr_epi8(32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15,
	    14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1);
	const __m256i ones8 = _mm256_set1_epi8(1), ones16 = _mm256_set1_epi16(1);
	__m256i s1 = _mm256_setzero_si256(), before = s1, weighted = s1;

	for (; n >= LANES; p += LANES, n -= LANES) {
		__m256i x = _mm256_loadu_si256((const __m256i *)p);

		before = _mm256_add_epi32(before, s1);
		s1 = _mm256_add_epi32(s1, _mm256_madd_epi16(_mm256_maddubs_epi16(ones8, x), ones16));
		weighted = _mm256_add_epi32(weighted, _mm256_madd_epi16(_mm256_maddubs_epi16(weights, x), ones16));
	}
	return (struct rolling){ lane_sum(s1), LANES * lane_sum(before) + lane_sum(weighted) };
}
#endif

struct rolling
rolling_of(const uint8_t *p, size_t n)
{
	size_t whole = n - n % LANES;
	struct rolling r;

#ifdef HAVE_AVX2_PATH
	r = __builtin_cpu_supports("avx2") ? avx2_lanes(p, whole) : plain_lanes(p, whole);
#else
	r = plain_lanes(p, whole);
#endif
	for (p += whole, n -= whole; n > 0; p++, n--) {
		r.s1 += (uint32_t)(int8_t)*p;
		r.s2 += r.s1;
	}
	return r;
}
