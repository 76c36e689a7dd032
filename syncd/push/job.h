/* One entry of the client's list, on its way from the first look at it to its end: handed along instead of its parts. */
#ifndef SALLYPORT_SYNCD_PUSH_JOB_H
#define SALLYPORT_SYNCD_PUSH_JOB_H

#include <sys/stat.h>

#include "syncd/push/flist_in.h"
#include "syncd/session/session.h"

struct push_job {
	struct flist_file *file;	/* its entry, borrowed from the list, which stays as long as something is awaited for it */
	int32_t ndx;		/* its index; of a directory that has a list of its own the one before that list */
	bool redo;		/* it was asked for before, and its sum was wrong */
	bool exists;		/* something stands at path: */
	struct stat st;		/* that, without following a link; directories may be links to them (--keep-dirlinks) */
	char path[NAME_BYTES_MAX];	/* below the destination's tree */
};

/* What has become of a job; else a negative error of ours. */
enum job_outcome {
	JOB_GO_ON,	/* nothing yet: it is handled in the normal way */
	JOB_DONE,	/* it stands complete under its path */
	JOB_FAILED,	/* it does not, and will not: it is not to be here, or something went wrong (told) */
	JOB_ASKED,	/* the client was asked for its data */
};

/* A job that nothing was looked at for yet.  It is big: only what is read is set. */
static inline void
job_init(struct push_job *j, int32_t ndx, struct flist_file *file, bool redo)
{
	j->file = file;
	j->ndx = ndx;
	j->redo = redo;
	j->exists = false;
	j->path[0] = '\0';
}

#endif
