/* Sums of whole files, kept between sessions: pages of records, found by device and inode. */
#include "syncd/fs/sum_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include <xxhash.h>

#ifndef XFS_SUPER_MAGIC
#define XFS_SUPER_MAGIC 0x58465342
#endif

enum { SET_SIZE = 4096, RECORD_SEED = 1 };	/* the seed changes with the form of a record */

struct record {
	uint64_t dev, ino;
	int64_t size, mtime, ctime;
	uint32_t mtime_ns, ctime_ns;
	uint8_t alg, n, none[2];
	uint8_t sum[SUM_CACHE_MAX];
	uint64_t check;		/* of all before it */
};

_Static_assert(sizeof(struct record) == 80, "a record has no padding");

enum { RECORDS = SET_SIZE / sizeof(struct record) };

void
sum_cache_init(struct sum_cache *c, int fd)
{
	struct stat st;

	*c = (struct sum_cache){ .fd = fd, .settled = SUM_CACHE_SETTLED };
	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size >= SET_SIZE)
		c->sets = (uint64_t)st.st_size / SET_SIZE;
	else
		c->fd = -1;
}

static struct record
record_of(const struct stat *st, unsigned alg, size_t n)
{
	return (struct record){ .dev = st->st_dev, .ino = st->st_ino, .size = st->st_size, .mtime = st->st_mtim.tv_sec,
	    .ctime = st->st_ctim.tv_sec, .mtime_ns = (uint32_t)st->st_mtim.tv_nsec, .ctime_ns = (uint32_t)st->st_ctim.tv_nsec,
	    .alg = (uint8_t)alg, .n = (uint8_t)n };
}

static uint64_t
check_of(const struct record *r)
{
	return XXH64(r, offsetof(struct record, check), RECORD_SEED);
}

/* Where records of this file are, whatever state of it they tell of. */
static off_t
set_of(const struct sum_cache *c, const struct record *r)
{
	const uint64_t key[] = { r->dev, r->ino };

	return (off_t)(XXH64(key, sizeof key, r->alg) % c->sets * SET_SIZE);
}

static bool
same_file(const struct record *a, const struct record *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->alg == b->alg;
}

bool
sum_cache_get(const struct sum_cache *c, unsigned alg, size_t n, const struct stat *st, uint8_t *sum)
{
	struct record all[RECORDS], want = record_of(st, alg, n);
	ssize_t got;

	if (c->fd < 0 || n > SUM_CACHE_MAX || (got = pread(c->fd, all, sizeof all, set_of(c, &want))) <= 0)
		return false;
	for (size_t i = 0; i < (size_t)got / sizeof all[0]; i++)
		if (memcmp(&all[i], &want, offsetof(struct record, sum)) == 0 && all[i].check == check_of(&all[i])) {
			memcpy(sum, all[i].sum, n);
			return true;
		}
	return false;
}

static bool
device_keeps(struct sum_cache *c, int fd, dev_t dev)
{
	struct statfs fs;

	if (!c->asked || c->dev != dev) {
		c->keeps = fstatfs(fd, &fs) == 0 && (fs.f_type == EXT4_SUPER_MAGIC || fs.f_type == XFS_SUPER_MAGIC ||
		    fs.f_type == BTRFS_SUPER_MAGIC);
		c->dev = dev;
		c->asked = true;
	}
	return c->keeps;
}

bool
sum_cache_settle(struct sum_cache *c, int fd, struct stat *st)
{
	struct timespec now;

	if (c->fd < 0 || clock_gettime(CLOCK_REALTIME, &now) < 0 || st->st_ctim.tv_sec > now.tv_sec - c->settled ||
	    !device_keeps(c, fd, st->st_dev))
		return false;
	/* pages that are mapped and dirty can be written to without a note: once they are clean, the next write is noted */
	if (sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER) < 0)
		return false;
	return fstat(fd, st) == 0 && st->st_ctim.tv_sec <= now.tv_sec - c->settled;
}

/* The place of the same file's record; else a free one; else one by chance. */
static size_t
place_for(const struct sum_cache *c, const struct record *r, off_t set)
{
	struct record all[RECORDS];
	struct timespec now = { 0 };
	ssize_t got = pread(c->fd, all, sizeof all, set);
	size_t n = got < 0 ? 0 : (size_t)got / sizeof all[0], vacant = n;

	for (size_t i = n; i > 0; i--) {
		if (same_file(&all[i - 1], r))
			return i - 1;
		if (all[i - 1].check != check_of(&all[i - 1]))
			vacant = i - 1;
	}
	if (vacant < RECORDS)
		return vacant;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (size_t)now.tv_nsec / 64 % RECORDS;
}

void
sum_cache_put(const struct sum_cache *c, unsigned alg, size_t n, int fd, const struct stat *st, const uint8_t *sum)
{
	struct record r = record_of(st, alg, n), is;
	struct stat now;
	off_t set;

	if (c->fd < 0 || n > SUM_CACHE_MAX || fstat(fd, &now) < 0)
		return;
	is = record_of(&now, alg, n);
	if (memcmp(&is, &r, sizeof r) != 0)
		return;
	memcpy(r.sum, sum, n);
	r.check = check_of(&r);
	set = set_of(c, &r);
	/* in vain on a full disk: then it is summed the next time, too */
	(void)!pwrite(c->fd, &r, sizeof r, set + (off_t)(place_for(c, &r, set) * sizeof r));
}
