/* Points about files: what is installed, secrets and keys, the directories above them. */
#ifndef SALLYPORT_DEPLOY_VERIFY_FILES_H
#define SALLYPORT_DEPLOY_VERIFY_FILES_H

#include <sys/stat.h>

#include "deploy/verify/ask.h"

/* What is wrong with a file or directory (st, of a path that was followed) that others must not change: a static text; NULL: nothing. */
const char *files_owner_fault(const struct stat *st);

/* The same for a file that others must not even read; its group may be root's alone. */
const char *files_private_fault(const struct stat *st);

/* "etc/a" installed as wanted?  file.content, file.mode, file.owner, file.path, file.leftover. */
void files_installed(const struct ask *a);

/* secrets.*, key.*, cert.path, host. */
void files_private(const struct ask *a);

#endif
