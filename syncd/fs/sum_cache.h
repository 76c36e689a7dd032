/* Sums of whole files that were worked out before ("checksum cache"): a file of records that all sessions of a module share by its
 * descriptor.
 *
 * A record holds what it is the sum of: device, inode, size, times of modification and of status change to the nanosecond.  Whoever changes
 * bytes of a file changes the latter, which nobody can set; what could change bytes and leave it is met before a sum is kept (sum_cache_settle).
 * Nothing in the file is believed: a record has a sum of its own, and a torn, foreign or damaged one is none. */
#ifndef SALLYPORT_SYNCD_FS_SUM_CACHE_H
#define SALLYPORT_SYNCD_FS_SUM_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

enum {
	SUM_CACHE_MAX = 20,		/* bytes of a sum; longer ones are not kept */
	SUM_CACHE_SETTLED = 600,	/* seconds since the last change of a file whose sum is kept */
};

struct sum_cache {
	int fd;			/* the caller's; -1: nothing is kept */
	uint64_t sets;		/* pages of records in it */
	int settled;		/* SUM_CACHE_SETTLED, but for tests */
	bool asked;		/* of this device it is known whether sums of its files may be kept: */
	dev_t dev;
	bool keeps;
};

/* fd: open for reading and writing, as long as it is to be for good; -1: none. */
void sum_cache_init(struct sum_cache *c, int fd);

/* The sum of the file that st tells of, n bytes of the algorithm alg; false: it is not known. */
bool sum_cache_get(const struct sum_cache *c, unsigned alg, size_t n, const struct stat *st, uint8_t *sum);

/* The file fd, not known, is about to be read: may its sum be kept?  From here on the kernel notes every change, also through a mapping that
 * is there; st becomes what it is now.  Not for what was changed a short while ago (one write(2) may go on that long, and notes its time when
 * it begins), and not where times are another machine's or mappings change nothing (anything but ext4, xfs and btrfs). */
bool sum_cache_settle(struct sum_cache *c, int fd, struct stat *st);

/* It was read to its end, and is the same file still as st tells: keep its sum.  It takes the place of what was kept of the file before, or of
 * any other. */
void sum_cache_put(const struct sum_cache *c, unsigned alg, size_t n, int fd, const struct stat *st, const uint8_t *sum);

#endif
