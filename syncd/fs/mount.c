/* A mount of its own for a module's directory, with nodev, nosuid and noexec (mount_setattr(2)). */
#include "config.h"

#include "syncd/fs/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Kernel ABI, for libraries that do not have it yet. */
enum { CLONE_TREE = 1, RECURSIVE = 0x8000 };
enum { ATTR_NOSUID = 2, ATTR_NODEV = 4, ATTR_NOEXEC = 8 };

struct mount_change {
	uint64_t set, clear, propagation, userns_fd;
};

int
mount_harmless(int dir_fd)
{
#if defined SYS_open_tree && defined SYS_mount_setattr
	const struct mount_change change = { .set = ATTR_NOSUID | ATTR_NODEV | ATTR_NOEXEC };
	int fd = (int)syscall(SYS_open_tree, dir_fd, "", CLONE_TREE | O_CLOEXEC | AT_EMPTY_PATH | RECURSIVE), r;

	if (fd < 0)
		return -errno;
	if (syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH | RECURSIVE, &change, sizeof change) == 0)
		return fd;
	r = -errno;
	close(fd);
	return r;
#else
	(void)dir_fd;
	return -ENOSYS;
#endif
}
