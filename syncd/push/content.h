/* Is the content of a file here what the client has? */
#ifndef SALLYPORT_SYNCD_PUSH_CONTENT_H
#define SALLYPORT_SYNCD_PUSH_CONTENT_H

#include "syncd/fs/tree.h"
#include "syncd/push/job.h"

struct content;

/* s->push->content.  0 or an error; to be ended with content_end. */
int content_begin(struct session *s);
void content_end(struct session *s);

/* The regular file st under the job's path of tree t: as far as the options let it be told (-c, --size-only, --ignore-times; else
 * by size and time). */
bool content_same(struct session *s, const struct push_job *j, struct tree *t, const struct stat *st);

#endif
