/* Mode, owner, group and times are set on one object, in the order in which each may undo another. */
#include "syncd/fs/meta.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "syncd/fs/fake.h"

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

/* chmod without following: kernels before 6.6 can only do it through a descriptor. */
static int
chmod_at(const struct at_path *at, mode_t mode)
{
	int fd, r;

	if (syscall(SYS_fchmodat2, at->dir, at->leaf, mode, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	if (errno != ENOSYS && errno != EPERM)
		return -errno;
	if ((fd = openat(at->dir, at->leaf, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)) < 0)
		return -errno;
	r = fchmod(fd, mode) < 0 ? -errno : 0;
	close(fd);
	return r;
}

static int
set_owner(int fd, const struct at_path *at, const struct meta *m)
{
	uid_t uid = m->set_uid ? m->uid : (uid_t)-1;
	gid_t gid = m->set_gid ? m->gid : (gid_t)-1;

	if (!m->set_uid && !m->set_gid)
		return 0;
	if ((fd >= 0 ? fchown(fd, uid, gid) : fchownat(at->dir, at->leaf, uid, gid, AT_SYMLINK_NOFOLLOW)) < 0)
		return -errno;
	return 0;
}

static int
set_times(int fd, const struct at_path *at, const struct meta *m)
{
	const struct timespec omit = { .tv_nsec = UTIME_OMIT };
	const struct timespec both[2] = { m->set_atime ? m->atime : omit, m->set_mtime ? m->mtime : omit };

	if (!m->set_mtime && !m->set_atime)
		return 0;
	if ((fd >= 0 ? futimens(fd, both) : utimensat(at->dir, at->leaf, both, AT_SYMLINK_NOFOLLOW)) < 0)
		return -errno;
	return 0;
}

static int
set_mode(int fd, const struct at_path *at, const struct meta *m)
{
	if (!m->set_mode)
		return 0;
	if (fd < 0)
		return chmod_at(at, m->mode);
	return fchmod(fd, m->mode) < 0 ? -errno : 0;
}

/* Owner and mode for show.  What really is a link or a node can keep none: the kernel allows it no attribute of users. */
static int
set_fake(int fd, const struct at_path *at, const struct meta *m)
{
	const struct attr_of of = { .fd = fd, .dir = fd < 0 ? at->dir : -1, .name = fd < 0 ? at->leaf : NULL };
	struct meta really = { .set_mode = true };
	struct stat real, want;
	int r;

	if (!m->set_uid && !m->set_gid && !m->set_mode)
		return 0;
	if ((fd >= 0 ? fstat(fd, &real) : fstatat(at->dir, at->leaf, &real, AT_SYMLINK_NOFOLLOW)) < 0)
		return -errno;
	if (!S_ISREG(real.st_mode) && !S_ISDIR(real.st_mode))
		return -EPERM;
	want = real;
	fake_show(&of, &want);
	want.st_uid = m->set_uid ? m->uid : want.st_uid;
	want.st_gid = m->set_gid ? m->gid : want.st_gid;
	want.st_mode = m->set_mode ? (want.st_mode & S_IFMT) | m->mode : want.st_mode;
	really.mode = fake_real_mode(want.st_mode);
	if ((real.st_mode & 07777) != really.mode && (r = set_mode(fd, at, &really)) != 0)
		return r;
	real.st_mode = (real.st_mode & S_IFMT) | really.mode;
	return fake_keep(&of, &real, &want);
}

int
meta_set(int fd, const struct at_path *at, const struct meta *m, const char **ret_what)
{
	int owner = m->fake ? set_fake(fd, at, m) : set_owner(fd, at, m), times = set_times(fd, at, m);
	int mode = m->fake ? 0 : set_mode(fd, at, m);

	*ret_what = owner != 0 && m->fake ? "failed to write xattr user.rsync.%stat for" : owner != 0 ? "chown" : times != 0 ? "failed to set times on" : "failed to set permissions on";
	return owner != 0 ? owner : times != 0 ? times : mode;
}
