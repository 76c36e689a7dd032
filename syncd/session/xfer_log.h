/* "transfer logging": a line of the log for each file that was sent or received, and for what was made, changed or deleted
 * (rsyncd-conf section 10). */
#ifndef SALLYPORT_SYNCD_SESSION_XFER_LOG_H
#define SALLYPORT_SYNCD_SESSION_XFER_LOG_H

#include "syncd/session/session.h"

/* What is to be told of one entry.  Borrowed for the call. */
struct xfer_entry {
	const char *dir;	/* where the transfer's names begin, below the module's root; "" at the root */
	const char *name;	/* in the list, "." for the top */
	const char *below;	/* the name below dir where it is not the list's (a file stored under another name); NULL: it is */
	unsigned flags;		/* of its item */
	uint32_t mode;
	int64_t size, mtime;
	uint32_t uid, gid;
	const char *symlink;	/* its target, or NULL */
	const char *xname;	/* the name that it is a hard link to, or NULL */
	uint64_t bytes, other;	/* moved for it; 0: no data */
	const uint8_t *sum;	/* of the whole, of the transfer's kind; NULL: not known */
};

/* Is there a line for files whose data moved?  Not in a dry run. */
bool xfer_log_wanted(const struct session *s);

/* Is there such a line, with one of these escapes in its format?  With an "i" what changes without data has one, too. */
bool xfer_log_tells(const struct session *s, const char *escapes);

/* Log an entry, if its flags make it one that is logged. */
void xfer_log(struct session *s, const struct xfer_entry *e);

/* Log that name (with a directory's mode or a file's) below dir was deleted. */
void xfer_log_deleted(struct session *s, const char *dir, const char *name, uint32_t mode);

#endif
