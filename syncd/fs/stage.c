#include "syncd/fs/stage.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "syncd/fs/walk.h"

static const char mark[] = ".sp~";
enum { MARK_SIZE = sizeof mark - 1, RANDOM_CHARS = 6 };

/* A name has to be new, not secret: one call serves for many. */
static const unsigned char *
take_noise(struct tree *t)
{
	if (t->noise_left < RANDOM_CHARS) {
		if (getrandom(t->noise, sizeof t->noise, 0) != (ssize_t)sizeof t->noise)
			memset(t->noise, 'x', sizeof t->noise);
		t->noise_left = sizeof t->noise;
	}
	t->noise_left -= RANDOM_CHARS;
	return t->noise + t->noise_left;
}

void
stage_name(struct tree *t, const char *leaf, char dst[NAME_MAX + 1])
{
	static const char chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	const unsigned char *noise = take_noise(t);
	size_t n, most = NAME_MAX - 1 - MARK_SIZE - RANDOM_CHARS;

	leaf += leaf[0] == '.';
	n = strlen(leaf);
	n = n > most ? most : n;
	while (n > 0 && n == most && (leaf[n] & 0xc0) == 0x80)	/* do not cut a character in two */
		n--;
	dst[0] = '.';
	memcpy(dst + 1, leaf, n);
	memcpy(dst + 1 + n, mark, MARK_SIZE);
	for (size_t i = 0; i < RANDOM_CHARS; i++)
		dst[1 + n + MARK_SIZE + i] = chars[noise[i] % (sizeof chars - 1)];
	dst[1 + n + MARK_SIZE + RANDOM_CHARS] = '\0';
}

bool
stage_is_name(const char *leaf)
{
	size_t n = strlen(leaf);

	if (leaf[0] != '.' || n < 1 + MARK_SIZE + RANDOM_CHARS ||
	    memcmp(leaf + n - RANDOM_CHARS - MARK_SIZE, mark, MARK_SIZE) != 0)
		return false;
	for (size_t i = n - RANDOM_CHARS; i < n; i++)
		if (!isalnum((unsigned char)leaf[i]))
			return false;
	return true;
}

int
stage_open(struct tree *t, const char *dir, const char *leaf, mode_t mode, char *path_out)
{
	char name[NAME_MAX + 1];
	struct spot at;
	int fd = -1, r = 0;

	for (int tries = 0; fd < 0 && tries < STAGE_TRIES; tries++) {
		stage_name(t, leaf, name);
		if ((size_t)snprintf(path_out, TREE_PATH_SIZE, "%s%s%s", dir, dir[0] == '\0' ? "" : "/", name) >= TREE_PATH_SIZE)
			return -ENAMETOOLONG;
		if ((r = tree_spot(t, path_out, &at)) != 0)
			return r;
		fd = openat(at.dir, at.leaf, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, mode);
		if (fd < 0 && errno != EEXIST)
			return -errno;
	}
	if (fd < 0)
		return -EEXIST;
	(void)flock(fd, LOCK_EX | LOCK_NB);	/* where locks are not to be had, no sweep gets one either, and nothing is swept */
	return fd;
}

static bool
is_stale(int dir, const char *name, const struct stat *st)
{
	struct timespec now;
	bool stale;
	int fd;

	clock_gettime(CLOCK_REALTIME, &now);
	if (!S_ISREG(st->st_mode) || st->st_nlink != 1 || st->st_mtim.tv_sec > now.tv_sec - STAGE_STALE_SECONDS)
		return false;
	if ((fd = openat(dir, name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)) < 0)
		return false;
	stale = flock(fd, LOCK_EX | LOCK_NB) == 0;
	close(fd);
	return stale;
}

int
stage_sweep(struct tree *t, const char *dir)
{
	struct walk *w;
	struct walk_item item;
	mode_t type;
	int fd = tree_open_dir(t, dir[0] == '\0' ? "." : dir), r, n = 0;

	if (fd < 0)
		return fd;
	if ((r = walk_over(fd, false, &w)) != 0)
		return r;
	while (walk_next_name(w, &item.name, &type))
		if (stage_is_name(item.name) && fstatat(fd, item.name, &item.st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    is_stale(fd, item.name, &item.st) && unlinkat(fd, item.name, 0) == 0)
			n++;
	walk_close(w);
	return n;
}
