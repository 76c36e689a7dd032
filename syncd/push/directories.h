/* Directories of a push: made before what lies in them, and given their time and last mode when all in them is done. */
#ifndef SALLYPORT_SYNCD_PUSH_DIRECTORIES_H
#define SALLYPORT_SYNCD_PUSH_DIRECTORIES_H

#include "syncd/push/job.h"

struct directories;

/* s->push->directories.  0 or -ENOMEM; to be ended with directories_end. */
int directories_begin(struct session *s);
void directories_end(struct session *s);

/* Make the directory of a job that was looked at, or change what differs; the client gets its item.  0 or an error of ours:
 * what could not be made was told, and what lies in it is passed over. */
int directories_make(struct session *s, struct push_job *j);

/* What lies in this directory is not looked at.  With _failed the client is told so. */
void directories_skip(struct session *s, const struct push_job *j);
void directories_skip_failed(struct session *s, const struct push_job *j);

/* Does path lie in the directory that was skipped last? */
bool directories_skipped(const struct session *s, const char *path);

/* The transfer is over: times, and modes that would have locked us out. */
void directories_finish(struct session *s);

#endif
