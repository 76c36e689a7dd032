/* The daemon's secrets file: "user:secret" lines, of the users of a model. */
#ifndef SALLYPORT_DEPLOY_SECRETS_H
#define SALLYPORT_DEPLOY_SECRETS_H

#include "deploy/model/model.h"
#include "lib/buf.h"

enum { SECRETS_FILE_MAX = 1 << 20 };

/* Write the file's text to ret (to be ended by buf_wipe).  Secrets that are to be made and are in old already stay
 * as they are; the others are made now.  Faults go to l, among them secret files that others can read.  0 or -errno. */
int secrets_write(const struct model *m, const char *old, struct buf *ret, struct faults *l);

#endif
