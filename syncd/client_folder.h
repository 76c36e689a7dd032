/* Folders that have a client's name (%TLS_USER%): found by that name alone, and made when it is used first. */
#ifndef SALLYPORT_SYNCD_CLIENT_FOLDER_H
#define SALLYPORT_SYNCD_CLIENT_FOLDER_H

#include <limits.h>

#include "syncd/policy/module.h"

/* Is each component of PATH, an absolute one without "." and "..", that has NAME in it the only one of its directory that could be meant?
 * 0; E_DENIED: there is another that differs by case, or that the file system takes for it, whose name is in TWIN; -errno. */
int client_folder_check(const char *path, const char *name, char twin[NAME_MAX + 1]);

/* Make the plan's directory, which is not there, with mode 0700, the user's and group's that will serve; the one that holds it has to be there.
 * 0 or -errno. */
int client_folder_make(const struct module_plan *p);

#endif
