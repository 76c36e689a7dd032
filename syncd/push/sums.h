/* How a file is cut into blocks for its sums (rsync-wire 7.5). */
#ifndef SALLYPORT_SYNCD_PUSH_SUMS_H
#define SALLYPORT_SYNCD_PUSH_SUMS_H

#include <stdbool.h>
#include <stdint.h>

#include "syncd/wire/sum.h"

/* len: bytes in the file; forced: a block length that was asked for, 0: none; digest_len: of the transfer
 * checksum; full: as much of each digest as goes. */
void sums_plan(int64_t len, int version, int64_t forced, size_t digest_len, bool full, struct sum_head *ret);

#endif
