/* The file of a module's checksum cache ("checksum cache", "checksum cache size"): the monitor opens it, sessions get it. */
#ifndef SALLYPORT_SYNCD_SUMS_FILE_H
#define SALLYPORT_SYNCD_SUMS_FILE_H

#include "syncd/policy/conf.h"

/* Open it, make it where it is missing (mode 0600), and give it its size; what it held is lost when that changes.  0 and *ret_fd, for reading and
 * writing, -1 where the module has none; or -errno and -1. */
int sums_file_open(const struct module_conf *m, int *ret_fd);

#endif
