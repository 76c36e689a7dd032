/* The rolling sum (rsync-wire 7.6): two 16-bit sums over signed bytes. */
#ifndef SALLYPORT_SYNCD_DELTA_ROLLING_H
#define SALLYPORT_SYNCD_DELTA_ROLLING_H

#include <stddef.h>
#include <stdint.h>

struct rolling {
	uint32_t s1, s2;	/* the low 16 bits count */
};

/* The sum of p[0..n). */
struct rolling rolling_of(const uint8_t *p, size_t n);

/* Slide a window of n bytes one to the right: out leaves, in enters. */
static inline void
rolling_slide(struct rolling *r, size_t n, uint8_t out, uint8_t in)
{
	r->s1 += (uint32_t)(int8_t)in - (uint32_t)(int8_t)out;
	r->s2 += r->s1 - (uint32_t)n * (uint32_t)(int8_t)out;
}

/* As the wire has it. */
static inline uint32_t
rolling_value(const struct rolling *r)
{
	return (r->s1 & 0xffff) | r->s2 << 16;
}

#endif
