/* A mount of its own for a module's directory. */
#ifndef SALLYPORT_SYNCD_FS_MOUNT_H
#define SALLYPORT_SYNCD_FS_MOUNT_H

/* The directory dir_fd and all that is mounted below it, once more, in no mount table: nosuid, nodev and noexec whatever
 * the mounts it is taken from allow, so that a device node in it is dead for who sees it here alone.  Lives as long as
 * its descriptor.  Needs CAP_SYS_ADMIN and Linux 5.12.  A descriptor of the same directory (O_PATH), the caller's, or
 * -errno. */
int mount_harmless(int dir_fd);

#endif
