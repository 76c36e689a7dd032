/* The deployment's own authority: whose its key is, and whether it is kept fresh. */
#ifndef SALLYPORT_DEPLOY_VERIFY_AUTHORITY_H
#define SALLYPORT_DEPLOY_VERIFY_AUTHORITY_H

#include <sys/stat.h>

#include "deploy/verify/ask.h"

/* Add points about it, where there is one. */
void authority_verify(const struct ask *a);

/* The verdicts, for tests: on what lstat(2) says of the folder or a file of it; and on the days that something still lasts (r: 0, or why
 * it could not be read), which a timer keeps above least. */
void authority_judge_mode(struct points *l, const char *path, const struct stat *st);
void authority_judge_days(struct points *l, const char *id, const char *path, int r, int days, int least);

#endif
