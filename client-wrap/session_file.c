#include "client-wrap/session_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "client-wrap/home.h"
#include "lib/slurp.h"
#include "lib/trusted.h"

enum { NAME_SIZE = 2 * SESSION_SCOPE + 1, PRIVATE_SIZE = 40 };

static void
scope_name(const uint8_t scope[SESSION_SCOPE], char dst[NAME_SIZE])
{
	for (int i = 0; i < SESSION_SCOPE; i++)
		snprintf(dst + 2 * i, 3, "%02x", scope[i]);
}

/* A name below dir, made where it is missing; dir is closed.  A descriptor or -errno. */
static int
step_into(int dir, const char *name)
{
	int fd, r = 0;

	if (dir < 0)
		return dir;
	if (mkdirat(dir, name, 0700) < 0 && errno != EEXIST)
		r = -errno;
	fd = r == 0 ? openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
	if (r == 0 && fd < 0)
		r = -errno;
	close(dir);
	return r == 0 ? fd : r;
}

static int
is_private(const struct stat *st)
{
	return st->st_uid == geteuid() && (st->st_mode & 077) == 0;
}

int
session_dir(void)
{
	char base[PATH_MAX];
	struct stat st;
	int fd, r = home_dir("XDG_CACHE_HOME", ".cache", base, sizeof base);

	if (r != 0)
		return r;
	if ((fd = trusted_dir(base)) == -ENOENT && mkdir(base, 0700) == 0)
		fd = trusted_dir(base);
	if ((fd = step_into(step_into(fd, "sallyport"), "sessions")) < 0)
		return fd;
	if (fstat(fd, &st) == 0 && is_private(&st))
		return fd;
	close(fd);
	return -EPERM;
}

static int
read_private(int dir, const char *name, struct buf *ret)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY), r = -EPERM;
	struct stat st;

	if (fd < 0)
		return errno == ELOOP ? -EPERM : -errno;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1 && is_private(&st))
		r = slurp_fd(fd, SESSION_FILE_MAX, ret);
	close(fd);
	return r;
}

/* A name of this process's own: of two that take the same session, one finds it renamed. */
int
session_take(int dir, const uint8_t scope[SESSION_SCOPE], struct buf *ret)
{
	char name[NAME_SIZE], mine[PRIVATE_SIZE];
	int r;

	scope_name(scope, name);
	snprintf(mine, sizeof mine, "taken.%ld", (long)getpid());
	if (renameat(dir, name, dir, mine) < 0)
		return -errno;
	r = read_private(dir, mine, ret);
	unlinkat(dir, mine, 0);
	return r;
}

static void
drop_old(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dp = fd < 0 ? NULL : fdopendir(fd);
	time_t now = time(NULL);
	struct dirent *d;
	struct stat st;

	if (dp == NULL && fd >= 0)
		close(fd);
	while (dp != NULL && (d = readdir(dp)) != NULL)
		if (fstatat(dir, d->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
		    now - st.st_mtime > SESSION_SECONDS)
			unlinkat(dir, d->d_name, 0);
	if (dp != NULL)
		closedir(dp);
}

static int
write_new(int dir, const char *name, const uint8_t *bytes, size_t n)
{
	int fd, r;

	unlinkat(dir, name, 0);		/* of a process with our number that was killed */
	if ((fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)) < 0)
		return -errno;
	r = write(fd, bytes, n) == (ssize_t)n ? 0 : -EIO;
	if (close(fd) < 0 && r == 0)
		r = -errno;
	return r;
}

int
session_put(int dir, const uint8_t scope[SESSION_SCOPE], const uint8_t *bytes, size_t n)
{
	char name[NAME_SIZE], mine[PRIVATE_SIZE];
	int r;

	if (n > SESSION_FILE_MAX)
		return -EFBIG;
	scope_name(scope, name);
	snprintf(mine, sizeof mine, "new.%ld", (long)getpid());
	r = write_new(dir, mine, bytes, n);
	if (r == 0 && renameat(dir, mine, dir, name) < 0)
		r = -errno;
	if (r != 0)
		unlinkat(dir, mine, 0);
	drop_old(dir);
	return r;
}
