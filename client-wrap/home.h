/* Where this user keeps things. */
#ifndef SALLYPORT_CLIENT_WRAP_HOME_H
#define SALLYPORT_CLIENT_WRAP_HOME_H

#include <stddef.h>

/* The directory that the variable names ("XDG_CONFIG_HOME"), or, where it is unset or no absolute path, below the home directory
 * (".config"), which is $HOME or that of the user database.  0 with dst, or -ENOENT, or E_LIMIT. */
int home_dir(const char *variable, const char *below, char *dst, size_t size);

#endif
