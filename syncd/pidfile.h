/* The pid file, locked for life (rsyncd-conf section 17). */
#ifndef SALLYPORT_SYNCD_PIDFILE_H
#define SALLYPORT_SYNCD_PIDFILE_H

/* Create, lock and write it.  What stands there already must be a regular file with one name and nothing longer than a
 * pid in it (else -EEXIST), and no symbolic link (-ELOOP); its directory is walked as lib/trusted.h does.  The
 * descriptor to hold, or -errno. */
int pidfile_create(const char *path);

/* Remove it if it is still the one that fd holds; closes fd.  -1: there is none. */
void pidfile_remove(const char *path, int fd);

#endif
