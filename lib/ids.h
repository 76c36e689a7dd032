/* Users and groups that a configuration names, by name or number. */
#ifndef SALLYPORT_LIB_IDS_H
#define SALLYPORT_LIB_IDS_H

#include <sys/types.h>

/* The id of text; NULL or empty leaves *ret as it is.  0, or E_FORMAT: there is none of that name.  Asks the name service. */
int ids_user(const char *text, uid_t *ret);
int ids_group(const char *text, gid_t *ret);

#endif
