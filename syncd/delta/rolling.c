#include "syncd/delta/rolling.h"

enum { LANES = 32 };

/* s1 = sum of x[i], s2 = sum of (n-i) x[i].  Taken LANES bytes at a time the inner loop has
 * constant weights and no carried dependency, which compilers turn into vector code. */
struct rolling
rolling_of(const uint8_t *p, size_t n)
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
	for (; n > 0; p++, n--) {
		r.s1 += (uint32_t)(int8_t)*p;
		r.s2 += r.s1;
	}
	return r;
}
