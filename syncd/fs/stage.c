/* Temporary files: made locked under names of their own, and swept when their session is gone.  Who wrote one renames it into
 * place (syncd/push/recv_finish.c). */
#include "syncd/fs/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "syncd/fs/temp_name.h"
#include "syncd/fs/walk.h"

int
stage_open(struct tree *t, const char *dir, const char *leaf, mode_t mode, char *path_out)
{
	char name[NAME_MAX + 1];
	struct at_path at;
	int fd = -1, r = 0;

	for (int tries = 0; fd < 0 && tries < TEMP_NAME_TRIES; tries++) {
		temp_name(&t->random, leaf, name);
		if ((size_t)snprintf(path_out, TREE_PATH_SIZE, "%s%s%s", dir, dir[0] == '\0' ? "" : "/", name) >= TREE_PATH_SIZE)
			return -ENAMETOOLONG;
		if ((r = tree_at_path(t, path_out, &at)) != 0)
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
		if (temp_name_is(item.name) && fstatat(fd, item.name, &item.st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    is_stale(fd, item.name, &item.st) && unlinkat(fd, item.name, 0) == 0)
			n++;
	walk_close(w);
	return n;
}
