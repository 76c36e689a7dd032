/* A role is what a process may still do, as data; it is entered before the first byte of
 * a peer is read.  Walls, from the outside in: identity, root directory, limits, no new
 * privileges, Landlock, system calls. */
#ifndef SALLYPORT_LIB_ROLE_H
#define SALLYPORT_LIB_ROLE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum role_files {
	ROLE_FILES_NONE,	/* no path can be opened at all */
	ROLE_FILES_READ,	/* read below tree_fd */
	ROLE_FILES_WRITE,	/* read and write below tree_fd */
	ROLE_FILES_FREE,	/* no Landlock */
};

struct role_filter;		/* a compiled system call filter */

struct role {
	const char *name;
	int root_fd;		/* chroot to this directory, which we or the role's user may enter; -1: stay (needs root) */
	int set_ids;		/* take the three below (needs root) */
	uid_t uid;
	gid_t gid;
	const gid_t *groups;	/* supplementary groups; NULL and 0: none */
	size_t n_groups;
	uint64_t caps;		/* capabilities kept where they are there (uid 0, or ambient ones): bits 1 << CAP_x */
	enum role_files files;
	int tree_fd;		/* for ROLE_FILES_READ and _WRITE */
	int may_connect;	/* may open TCP connections (Landlock denies them else, where it can) */
	int may_bind;		/* and bind TCP sockets to addresses */
	unsigned files_max;	/* RLIMIT_NOFILE; 0: as it is */
	uint64_t memory_max;	/* RLIMIT_DATA: bytes of its own; 0: as it is.  Not under a sanitizer, which needs much */
	const struct role_filter *filter;	/* NULL: no system call filter */
	const int *keep;	/* descriptors that stay open beside 0, 1 and 2; NULL: all */
	size_t n_keep;
};

/* Compile an allow-list (NULL-ended names; names this kernel's headers do not know are
 * skipped; "ioctl(FICLONE)" is that use of ioctl alone).  What is on no list fails with EPERM; what takes over processes or starts
 * programs kills.  Where the build has no libseccomp or runs under a sanitizer, *ret is
 * NULL.  0 or -errno. */
int role_filter_new(const char *const *syscalls, struct role_filter **ret);
void role_filter_free(struct role_filter *f);

enum { ROLE_REPORT_SIZE = 160 };

/* The version of Landlock's interface that the kernel has, or -errno: -ENOSYS or -EOPNOTSUPP where it has none or it is off, -EPERM where a
 * filter forbids to ask. */
int role_landlock(void);

/* Give up everything the role does not need, for good.  report (ROLE_REPORT_SIZE bytes, or
 * NULL) gets "uid=65534 chroot landlock=7 seccomp", or the step that failed.
 * 0, or -errno: the caller must exit, since some walls may already stand. */
int role_enter(const struct role *role, char *report);

/* In a role: keep of the capabilities that are left only these (bits 1 << CAP_x).  The filter must have capget and
 * capset.  0 or -errno. */
int role_keep_caps(uint64_t keep);

#endif
