/* XXH3 in the code of one instruction set: the library's own, which is SSE2 on Debian, and the same source
 * inlined for AVX2.  Their states are not interchangeable. */
#ifndef SALLYPORT_SYNCD_DELTA_XXH3_H
#define SALLYPORT_SYNCD_DELTA_XXH3_H

#include <stddef.h>
#include <stdint.h>

struct xxh3_code {
	void *(*state_new)(void);	/* NULL for lack of memory */
	void (*state_free)(void *state);
	void (*reset)(void *state);
	void (*update)(void *state, const void *p, size_t n);
	void (*final64)(const void *state, uint8_t out[8]);	/* the digest as it stands on the wire */
	void (*final128)(const void *state, uint8_t out[16]);
	void (*block64)(const void *p, size_t n, uint64_t seed, uint8_t out[8]);
	void (*block128)(const void *p, size_t n, uint64_t seed, uint8_t out[16]);
};

/* The fastest that this processor has; static. */
const struct xxh3_code *xxh3_code(void);

#endif
