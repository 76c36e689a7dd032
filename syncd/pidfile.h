/* The pid file, locked for life (rsyncd-conf section 17). */
#ifndef SALLYPORT_SYNCD_PIDFILE_H
#define SALLYPORT_SYNCD_PIDFILE_H

/* Create, lock and write it.  The descriptor to hold, or -errno. */
int pidfile_create(const char *path);
void pidfile_remove(const char *path, int fd);

#endif
