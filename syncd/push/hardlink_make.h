/* Hard links of a push: the names that the queue of hardlinks.h lets go become links on disk. */
#ifndef SALLYPORT_SYNCD_PUSH_HARDLINK_MAKE_H
#define SALLYPORT_SYNCD_PUSH_HARDLINK_MAKE_H

#include "syncd/push/hardlinks.h"
#include "syncd/push/job.h"

/* A list is complete: count its names of files that have several.  0 or -ENOMEM. */
int hardlink_count(struct session *s, const struct flist_segment *seg);

/* Every entry that is no directory comes here exactly once, when it is looked at; passed: it is not to be handled at all.
 * HARDLINK_GO: it is handled like a file of one name, and hardlink_end is due.  HARDLINK_WAIT: it waits for another name.
 * HARDLINK_MAKE: it was linked here.  HARDLINK_NONE: it is passed over.  Or an error of ours. */
int hardlink_enter(struct session *s, struct push_job *j, bool passed);

/* How the handling of an entry ended. */
enum hardlink_how {
	HARDLINK_COMPLETE,	/* it stands at path: names that wait become links to it */
	HARDLINK_FAILED,	/* it could not be made: the next name that waits takes its place */
	HARDLINK_LOST,		/* its data did not come or could not be stored: it is not asked for again under the names
				 * that wait, which may be thousands */
};

/* An entry that went on, no directory, has come to its end.  path: where it stands, with HARDLINK_COMPLETE.  The names that
 * wait no longer are for hardlinks_next.  0 or -ENOMEM. */
int hardlink_end(struct session *s, const struct flist_file *f, enum hardlink_how how, const char *path);

/* A name that hardlinks_next let go with HARDLINK_MAKE becomes one more of its file's. */
void hardlink_make(struct session *s, struct push_job *j);

#endif
