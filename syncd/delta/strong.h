/* Strong checksums by the field's libraries: xxHash and OpenSSL's digests. */
#ifndef SALLYPORT_SYNCD_DELTA_STRONG_H
#define SALLYPORT_SYNCD_DELTA_STRONG_H

#include <stddef.h>
#include <stdint.h>

#include "syncd/types.h"

struct strong;

/* Load what the digests need from disk; call once before any wall goes up.  What cannot be
 * had is left out of strong_names. */
void strong_prepare(void);

/* The names this build offers, best first, "none" last; static.  */
const char *strong_names(void);

/* By wire name; -1 when unknown or not available here. */
int strong_by_name(const char *name);
const char *strong_name(enum sum_alg alg);

size_t strong_len(enum sum_alg alg);	/* bytes; at most DIGEST_MAX */

/* seed_first is what CF_CHKSUM_SEED_FIX says of MD5 blocks.  0, E_UNSUPPORTED or -ENOMEM. */
int strong_new(enum sum_alg alg, int32_t seed, int seed_first, struct strong **ret);
void strong_free(struct strong *s);

/* A whole file, in pieces; final starts the next. */
void strong_update(struct strong *s, const void *p, size_t n);
void strong_final(struct strong *s, uint8_t out[DIGEST_MAX]);

/* One block, seeded. */
void strong_block(struct strong *s, const void *p, size_t n, uint8_t out[DIGEST_MAX]);

#endif
