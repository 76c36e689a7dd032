/* The bytes of a file on their way into it: gathered into large aligned writes, summed as they go, from
 * what the client sends and from blocks of an older file. */
#ifndef SALLYPORT_SYNCD_PUSH_FILE_WRITE_H
#define SALLYPORT_SYNCD_PUSH_FILE_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct strong;

enum { FILE_WRITE_BUFFER = 524288 };	/* written at once, at multiples of it: the kernel takes folios as large */

/* How a file is written. */
struct file_write_way {
	int64_t size;		/* its length, as the list has it */
	int64_t from;		/* what is there already, and stays (--append) */
	bool in_place;		/* into the file that is there */
	bool sparse;		/* zeros are left out, or become holes of the file that is there */
	bool preallocate;	/* all of it at once */
	bool own_basis;		/* blocks are read from the file that is written to */
};

struct file_write {
	int fd;			/* the caller's; -1: bytes are summed and kept nowhere */
	int basis_fd;		/* the caller's; -1: blocks read as zeros */
	struct strong *sum;
	struct file_write_way way;
	int64_t at;		/* bytes of the file so far, with those in buf */
	uint8_t *buf;		/* what is not written yet */
	size_t held;
	int64_t run_at, run_left;	/* blocks of the basis that come next, not read yet */
	int64_t room;		/* allocated up to here */
	bool ahead;		/* allocate before writing */
	bool hole;		/* the last bytes were left out */
	bool cloned;		/* it began as a clone of the basis: blocks of the basis that stay where they are need not be written */
	int err;		/* of writing; the first */
	int no_room;		/* -errno of allocating all of it at once, where that was asked for */
};

#define FILE_WRITE_INIT { .fd = -1, .basis_fd = -1 }

/* n bytes of a basis; those that cannot be read, or are not there any more, are zeros, and sums will tell. */
void basis_read(int fd, uint8_t *dst, size_t n, int64_t at);

/* A file begins, and with it what sum sums. */
void file_write_begin(struct file_write *o, int fd, int basis_fd, struct strong *sum, const struct file_write_way *way);

/* The next n bytes.  0, -ENOMEM, or E_LIMIT when the file would be larger than any.  Errors of writing stay in err. */
int file_write_put(struct file_write *o, const uint8_t *p, size_t n);

/* The next n bytes are those at the offset "at" of the basis; as file_write_put.  What cannot be read is zeros, and the sum
 * will tell. */
int file_write_copy(struct file_write *o, int64_t at, size_t n);

/* All of it is on its way to the disk, and summed. */
int file_write_flush(struct file_write *o);

/* file_write_flush, and the file ends here.  0, -ENOMEM or -errno of setting its length, which is not done after an error of
 * writing. */
int file_write_end(struct file_write *o);

/* Give the buffer back. */
void file_write_done(struct file_write *o);

#endif
