/* A received file is written: large aligned writes, holes (--sparse), allocation ahead (--preallocate), sums on the way. */
#include "syncd/push/file_write.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "lib/err.h"
#include "syncd/delta/strong.h"

#ifndef XFS_SUPER_MAGIC
#define XFS_SUPER_MAGIC 0x58465342
#endif

enum {
	HOLE_LEAST = 4096,		/* zeros that --sparse leaves out */
	AHEAD_LEAST = 4 * FILE_WRITE_BUFFER,	/* files that are worth it */
	READ_MOST = 131072,		/* of the basis at once: it is summed before it leaves the processor's cache */
	CLONE_LEAST = 131072,	/* below that it costs more than it spares */
	AHEAD = 8 << 20,		/* what a length that is not true may take */
};

/* Does it pay to allocate before writing?  On ext4 it halves the cost of a write, and on tmpfs it takes a tenth.  Not
 * elsewhere: btrfs compresses nothing that was allocated before. */
static bool
allocates_well(int fd)
{
	struct statfs st;

	return fstatfs(fd, &st) == 0 &&
	    (st.f_type == EXT4_SUPER_MAGIC || st.f_type == XFS_SUPER_MAGIC || st.f_type == TMPFS_MAGIC);
}

void
file_write_begin(struct file_write *o, int fd, int basis_fd, struct strong *sum, const struct file_write_way *way)
{
	*o = (struct file_write){ .fd = fd, .basis_fd = basis_fd, .sum = sum, .way = *way, .at = way->from, .buf = o->buf };
	if (fd < 0 || way->in_place || way->sparse)
		return;
	if (!way->preallocate && way->size >= CLONE_LEAST && basis_fd >= 0 && ioctl(fd, FICLONE, basis_fd) == 0) {
		o->cloned = true;
		return;
	}
	if (way->preallocate && way->size > 0)
		o->no_room = fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, way->size) < 0 ? -errno : 0;
	if (way->preallocate && way->size > 0 && o->no_room == 0)
		o->room = way->size;
	else
		o->ahead = way->size >= AHEAD_LEAST && allocates_well(fd);
}

/* --- writing ------------------------------------------------------------------------------------- */

/* Room up to "end" and some more.  Where there is none, the write will say so. */
static void
allocate(struct file_write *o, int64_t end)
{
	int64_t to = o->room + AHEAD < o->way.size ? o->room + AHEAD : o->way.size;

	if (end <= o->room)
		return;
	if (end > to || fallocate(o->fd, FALLOC_FL_KEEP_SIZE, o->room, to - o->room) < 0)
		o->ahead = false;
	else
		o->room = to;
}

static void
write_out(struct file_write *o, const uint8_t *p, size_t n, int64_t at)
{
	if (o->ahead && n > 0)
		allocate(o, at + (int64_t)n);
	while (n > 0 && o->err == 0) {
		ssize_t r = pwrite(o->fd, p, n, at);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0) {
			o->err = r < 0 ? -errno : -EIO;
			if (o->cloned)		/* what is kept of it must not end as the old file does */
				(void)!ftruncate(o->fd, at);
			return;
		}
		p += r;
		at += r;
		n -= (size_t)r;
	}
}

/* n bytes of a file that is written in place become zeros that take no room. */
static bool
make_hole(struct file_write *o, size_t n, int64_t at)
{
	return fallocate(o->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at, (off_t)n) == 0;
}

/* n zeros are left out: what lies there in a file that is written in place goes. */
static void
leave_out(struct file_write *o, const uint8_t *zeros, size_t n, int64_t at)
{
	if (n > 0 && o->way.in_place && !make_hole(o, n, at))
		write_out(o, zeros, n, at);	/* no holes in this file system */
}

static bool
all_zeros(const uint8_t *p, size_t n)
{
	return p[0] == 0 && memcmp(p, p + 1, n - 1) == 0;
}

/* How many of n bytes, in pieces of HOLE_LEAST, are zeros, or are not. */
static size_t
run_of(const uint8_t *p, size_t n, bool zeros)
{
	size_t i = 0;

	while (i < n) {
		size_t piece = n - i < HOLE_LEAST ? n - i : HOLE_LEAST;

		if (all_zeros(p + i, piece) != zeros)
			break;
		i += piece;
	}
	return i;
}

static void
write_sparse(struct file_write *o, const uint8_t *p, size_t n, int64_t at)
{
	while (n > 0 && o->err == 0) {
		size_t run = run_of(p, n, false), hole = run_of(p + run, n - run, true);

		write_out(o, p, run, at);
		leave_out(o, p + run, hole, at + (int64_t)run);
		o->hole = hole > 0;
		p += run + hole;
		at += (int64_t)(run + hole);
		n -= run + hole;
	}
}

static void
flush(struct file_write *o)
{
	int64_t at = o->at - (int64_t)o->held;

	if (o->held == 0)
		return;
	if (o->fd >= 0 && o->err == 0) {
		if (o->way.sparse)
			write_sparse(o, o->buf, o->held, at);
		else
			write_out(o, o->buf, o->held, at);
	}
	o->held = 0;
}

/* --- gathering ----------------------------------------------------------------------------------- */

static int
reserve(struct file_write *o, int64_t n)
{
	if (o->buf == NULL && (o->buf = malloc(FILE_WRITE_BUFFER)) == NULL)
		return -ENOMEM;
	return o->at > INT64_MAX - o->run_left - n ? E_LIMIT : 0;
}

/* How much of n bytes fits before the next write. */
static size_t
fitting(const struct file_write *o, int64_t n)
{
	int64_t space = FILE_WRITE_BUFFER - o->at % FILE_WRITE_BUFFER;

	return (size_t)(n < space ? n : space);
}

/* n bytes were laid behind those held: they are summed while they are in the processor's cache. */
static void
append(struct file_write *o, size_t n)
{
	strong_update(o->sum, o->buf + o->held, n);
	o->held += n;
	o->at += (int64_t)n;
	if (o->at % FILE_WRITE_BUFFER == 0)
		flush(o);
}

void
basis_read(int fd, uint8_t *dst, size_t n, int64_t at)
{
	size_t got = 0;
	ssize_t r;

	while (fd >= 0 && got < n && (r = pread(fd, dst + got, n - got, at + (int64_t)got)) > 0)
		got += (size_t)r;
	memset(dst + got, 0, n - got);
}

/* Zeros that are in the file already need take no room. */
static void
thin(struct file_write *o, const uint8_t *p, size_t n, int64_t at)
{
	while (n > 0) {
		size_t run = run_of(p, n, false), hole = run_of(p + run, n - run, true);

		if (hole > 0)
			(void)make_hole(o, hole, at + (int64_t)run);
		p += run + hole;
		at += (int64_t)(run + hole);
		n -= run + hole;
	}
}

/* Bytes of the file that stay where they are.  A clone is read itself: the basis may have changed since. */
static void
skip_in_place(struct file_write *o, size_t n)
{
	basis_read(o->cloned ? o->fd : o->basis_fd, o->buf, n, o->at);
	strong_update(o->sum, o->buf, n);
	if (o->way.sparse && o->fd >= 0)
		thin(o, o->buf, n, o->at);
	o->at += (int64_t)n;
}

static void
read_run(struct file_write *o)
{
	bool stays = (o->way.own_basis || o->cloned) && o->run_at == o->at;

	if (o->run_left > 0 && (o->way.in_place || stays))	/* what is read must not be what is about to be overwritten */
		flush(o);
	while (o->run_left > 0) {
		size_t n = fitting(o, o->run_left < READ_MOST ? o->run_left : READ_MOST);

		if (stays) {
			skip_in_place(o, n);
		} else {
			basis_read(o->basis_fd, o->buf + o->held, n, o->run_at);
			append(o, n);
		}
		o->run_at += (int64_t)n;
		o->run_left -= (int64_t)n;
	}
}

int
file_write_put(struct file_write *o, const uint8_t *p, size_t n)
{
	int r = reserve(o, (int64_t)n);

	if (r != 0)
		return r;
	read_run(o);
	while (n > 0) {
		size_t piece = fitting(o, (int64_t)n);

		memcpy(o->buf + o->held, p, piece);
		append(o, piece);
		p += piece;
		n -= piece;
	}
	return 0;
}

int
file_write_copy(struct file_write *o, int64_t at, size_t n)
{
	int r = reserve(o, (int64_t)n);

	if (r != 0)
		return r;
	if (o->run_left > 0 && o->run_at + o->run_left != at)
		read_run(o);
	if (o->run_left == 0)
		o->run_at = at;
	o->run_left += (int64_t)n;
	if (o->run_left >= FILE_WRITE_BUFFER)
		read_run(o);
	return 0;
}

int
file_write_flush(struct file_write *o)
{
	int r = reserve(o, 0);

	if (r == 0) {
		read_run(o);
		flush(o);
	}
	return r;
}

int
file_write_end(struct file_write *o)
{
	int r = file_write_flush(o);

	if (r == 0 && o->fd >= 0 && o->err == 0 && (o->way.in_place || o->cloned || o->hole || o->room > o->at) && ftruncate(o->fd, o->at) < 0)
		r = -errno;
	return r;
}

void
file_write_done(struct file_write *o)
{
	free(o->buf);
	*o = (struct file_write)FILE_WRITE_INIT;
}
