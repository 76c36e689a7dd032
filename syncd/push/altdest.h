/* Files that may be found elsewhere: --compare-dest, --copy-dest, --link-dest, and by --fuzzy under another name. */
#ifndef SALLYPORT_SYNCD_PUSH_ALTDEST_H
#define SALLYPORT_SYNCD_PUSH_ALTDEST_H

#include <limits.h>

#include "syncd/push/job.h"
#include "syncd/push/requests.h"
#include "syncd/wire/ndx.h"

enum {	/* which file the sums describe (rsync-wire 7.1); below 0x80: alternate directory of that number */
	FROM_DEST = BASIS_DEST, FROM_PARTIAL = BASIS_PARTIAL_DIR, FROM_BACKUP = 0x82, FROM_FUZZY = 0x83,
	FROM_FUZZY_ALT = 0x84,	/* and the number of the directory */
};

/* Which file's sums go with a request. */
struct basis {
	uint8_t kind;		/* FROM_... */
	int fd;			/* -1: none */
	int64_t size;		/* bytes */
	mode_t mode;
	char xname[NAME_MAX + 1];	/* of a similar file; "" */
};

/* A regular file, looked for elsewhere: one that is missing, or, where exactly what is wanted lies elsewhere, one that is
 * there.  JOB_GO_ON: it was not found, JOB_DONE, or JOB_FAILED: it is not to be here, or something went wrong (told). */
int altdest_try(struct session *s, const struct push_job *j);

/* The same for a symlink that is to read target, or (NULL) for a special or the device dev. */
int altdest_node(struct session *s, const struct push_job *j, const char *target, dev_t dev);

/* The best basis elsewhere for a file that is missing.  ret: its kind, name and descriptor, open for reading unless whole files
 * are sent (-1); ret_st: what it is.  Is there one? */
bool altdest_basis(struct session *s, const struct push_job *j, struct basis *ret, struct stat *ret_st);

/* Open the basis that a request for path named, for reading.  A descriptor and *ret_st, or -errno. */
int altdest_open(struct session *s, const struct request *w, const char *path, struct stat *ret_st);

#endif
