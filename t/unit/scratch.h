/* A scratch directory for units that need files; gone when the test is over. */
#ifndef SALLYPORT_T_UNIT_SCRATCH_H
#define SALLYPORT_T_UNIT_SCRATCH_H

#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char scratch[64];
static int scratch_fd;

static inline void
scratch_make(void)
{
	strcpy(scratch, "/tmp/sallyport.unit.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(scratch));
	scratch_fd = open(scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(scratch_fd, 0);
}

static inline int
scratch_drop(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st, (void)kind, (void)ftw;
	return remove(path);
}

static inline void
scratch_remove(void)
{
	close(scratch_fd);
	nftw(scratch, scratch_drop, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void
scratch_file(const char *name, const char *text)
{
	int fd = openat(scratch_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static inline void
scratch_dir(const char *name)
{
	ck_assert_int_eq(mkdirat(scratch_fd, name, 0755), 0);
}

static inline void
scratch_link(const char *target, const char *name)
{
	ck_assert_int_eq(symlinkat(target, scratch_fd, name), 0);
}

#endif
