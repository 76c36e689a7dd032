#include "deploy/ca/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/slurp.h"
#include "lib/trusted.h"
#include "lib/write_all.h"

int
folder_complain(const struct folder *f, const char *file, const char *text)
{
	char path[PATH_MAX + NAME_MAX + 2];

	snprintf(path, sizeof path, "%s%s%s", f->dir, file[0] == '\0' ? "" : "/", file);
	return conf_err_set(f->e, path, 0, "%s", text);
}

static int
complain_errno(const struct folder *f, const char *file)
{
	return folder_complain(f, file, strerror(errno));
}

/* --- the folder --------------------------------------------------------------------------------- */

/* Who owns the folder around ours, or may write there, can put another one in its place; /tmp's sticky bit forbids that. */
static int
check_around(const struct folder *f, const char *path, int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return complain_errno(f, "");
	if ((st.st_uid == 0 || st.st_uid == geteuid()) && ((st.st_mode & 022) == 0 || (st.st_mode & S_ISVTX) != 0))
		return 0;
	return conf_err_set(f->e, path, 0, "others could put another folder in the place of one in it: choose another %s", f->option);
}

static int
make_one(const char *path)
{
	char leaf[NAME_MAX + 1];
	int dir = trusted_parent(path, leaf), r;

	if (dir < 0)
		return dir;
	r = mkdirat(dir, leaf, 0700) < 0 && errno != EEXIST ? -errno : 0;
	close(dir);
	return r == 0 ? trusted_dir(path) : r;
}

/* The folder at path: a descriptor that names it, -ENOENT, or E_CONF. */
static int
enter(const struct folder *f, const char *path, int make, int is_last)
{
	int fd = trusted_dir(path), r;

	if (fd == -ENOENT && !make)
		return fd;
	if (fd == -ENOENT)
		fd = make_one(path);
	if (fd < 0)
		return conf_err_set(f->e, path, 0, "%s", trusted_error(fd));
	if (!is_last && (r = check_around(f, path, fd)) != 0) {
		close(fd);
		return r;
	}
	return fd;
}

/* As mkdir -p.  Links on the way are followed where root or we made them. */
static int
enter_all(struct folder *f, int make)
{
	char path[PATH_MAX];
	int fd;

	if (f->dir[0] != '/' || strlen(f->dir) >= sizeof path - 16)
		return folder_complain(f, "", "not an absolute path, or too long");
	strcpy(path, f->dir);
	for (char *p = path + 1; (p = strchr(p, '/')) != NULL; *p++ = '/') {
		*p = '\0';
		if ((fd = enter(f, path, make, 0)) < 0)
			return fd;
		close(fd);
	}
	if ((fd = enter(f, path, make, 1)) < 0)
		return fd;
	f->fd = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	close(fd);
	return f->fd < 0 ? complain_errno(f, "") : 0;
}

/* Keys in a folder where others may rename files are nobody's secret. */
static int
take(const struct folder *f)
{
	char text[128];
	struct stat st;

	if (fstat(f->fd, &st) < 0)
		return complain_errno(f, "");
	if (st.st_uid != geteuid())
		return folder_complain(f, "", "belongs to somebody else");
	if ((st.st_mode & 022) != 0) {
		snprintf(text, sizeof text, "others may write here: chmod go-w it, or choose another %s", f->option);
		return folder_complain(f, "", text);
	}
	return flock(f->fd, LOCK_EX) < 0 ? complain_errno(f, "") : 0;
}

int
folder_open(struct folder *f, int make)
{
	int r;

	f->fd = -1;
	if ((r = enter_all(f, make)) == 0 && (r = take(f)) != 0)
		folder_close(f);
	return r;
}

void
folder_close(struct folder *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

/* --- its files ---------------------------------------------------------------------------------- */

/* A descriptor, -ENOENT, or E_CONF. */
static int
open_file(const struct folder *f, const char *file, int secret)
{
	int fd = openat(f->fd, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	struct stat st = { 0 };

	if (fd < 0)
		return errno == ENOENT ? -ENOENT : complain_errno(f, file);
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (!secret || (st.st_mode & 077) == 0))
		return fd;
	close(fd);
	return folder_complain(f, file, S_ISREG(st.st_mode) ? "others may read this key: make a new one, or chmod 600" :
	    "not a regular file");
}

int
folder_read(const struct folder *f, const char *file, int secret, size_t max, struct buf *ret)
{
	int fd = open_file(f, file, secret), r;

	if (fd < 0)
		return fd;
	r = slurp_fd(fd, max, ret);
	close(fd);
	return r == 0 ? 0 : folder_complain(f, file, err_text(r));
}

/* The new name is on the disk, too, where the file system knows of such a thing. */
static int
sync_names(const struct folder *f)
{
	return fsync(f->fd) < 0 && errno != EINVAL ? complain_errno(f, "") : 0;
}

int
folder_write(const struct folder *f, const char *file, unsigned mode, const void *bytes, size_t n)
{
	char temp[NAME_MAX + 1];
	int fd, r;

	if ((size_t)snprintf(temp, sizeof temp, ".%s.new", file) >= sizeof temp)
		return folder_complain(f, file, strerror(ENAMETOOLONG));
	unlinkat(f->fd, temp, 0);	/* left by a crash: the lock says that nobody writes it now */
	if ((fd = openat(f->fd, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, (mode_t)mode)) < 0)
		return complain_errno(f, file);
	r = fchmod(fd, (mode_t)mode) < 0 ? -errno : write_all_synced(fd, bytes, n);
	if (r == 0 && renameat(f->fd, temp, f->fd, file) < 0)
		r = -errno;
	r = r == 0 ? 0 : folder_complain(f, file, strerror(-r));
	close(fd);
	if (r != 0)
		unlinkat(f->fd, temp, 0);
	return r != 0 ? r : sync_names(f);
}

static bool
has_bytes(const struct folder *f, const char *file, const void *bytes, size_t n)
{
	struct buf old = BUF_INIT;
	int fd = openat(f->fd, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	bool same = fd >= 0 && slurp_fd(fd, n, &old) == 0 && buf_len(&old) == n && memcmp(buf_head(&old), bytes, n) == 0;

	if (fd >= 0)
		close(fd);
	buf_wipe(&old);
	return same;
}

int
folder_put(const char *path, unsigned mode, const void *bytes, size_t n, struct conf_err *e)
{
	char leaf[NAME_MAX + 1], dir[PATH_MAX];
	struct folder f = { .fd = -1, .dir = dir, .option = "", .e = e };
	int at = trusted_parent(path, leaf), r;

	snprintf(dir, sizeof dir, "%.*s", (int)(strrchr(path, '/') - path), path);
	if (at < 0)
		return conf_err_set(e, path, 0, "%s", trusted_error(at));
	f.fd = openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	close(at);
	if (f.fd < 0)
		return complain_errno(&f, leaf);
	r = has_bytes(&f, leaf, bytes, n) ? 0 : folder_write(&f, leaf, mode, bytes, n);
	folder_close(&f);
	return r;
}
