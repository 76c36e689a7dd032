/* Hard links of a push (-H): several names are one file.  One name of it is made or asked for, the others wait for it and
 * become links to it (rsync-wire 8.5).
 *
 * One rule: every name that was counted is looked at exactly once, by hardlinks_enter or hardlinks_pass, and every name that
 * was told to go on ends exactly once, by hardlinks_end or hardlinks_give_up.  Then no name waits for ever.
 *
 * Knows indices and paths; must not know the wire, the file system or the session. */
#ifndef SALLYPORT_SYNCD_PUSH_HARDLINKS_H
#define SALLYPORT_SYNCD_PUSH_HARDLINKS_H

#include <stdbool.h>
#include <stdint.h>

struct hardlinks;

/* What names of a file share in the client's list. */
struct hardlink_id {
	uint64_t dev, ino;
};

enum hardlink_verdict {
	HARDLINK_NONE,	/* there is no name */
	HARDLINK_GO,	/* it is handled like a file of one name; hardlinks_end or hardlinks_give_up is due */
	HARDLINK_WAIT,	/* hardlinks_next will return it */
	HARDLINK_MAKE,	/* it becomes a link to hardlinks_path */
	HARDLINK_DROP,	/* it will not be made */
};

/* more: later lists may bring more names of a file.  NULL: no memory.  To be freed with hardlinks_free. */
struct hardlinks *hardlinks_new(bool more);
void hardlinks_free(struct hardlinks *h);

/* A list that is complete has one more name of file id.  0 or -ENOMEM. */
int hardlinks_count(struct hardlinks *h, const struct hardlink_id *id);

/* Name ndx of file id is looked at.  first: it need not be the last of its file to be the one that is made, since it is there,
 * or elsewhere, or costs nothing.  A verdict or -ENOMEM. */
int hardlinks_enter(struct hardlinks *h, const struct hardlink_id *id, int32_t ndx, bool first);

/* A name of file id is passed over: it is hidden, refused, or cannot be looked at.  Others do not wait for it.  0 or -ENOMEM. */
int hardlinks_pass(struct hardlinks *h, const struct hardlink_id *id);

/* A name that was told to go on has come to its end.  path: where the file is complete; NULL: it could not be made, and the
 * next that waits takes its place.  0 or -ENOMEM. */
int hardlinks_end(struct hardlinks *h, const struct hardlink_id *id, const char *path);

/* The same, where the data did not come or could not be stored: it is not asked for again under the names that wait, which may
 * be thousands.  0 or -ENOMEM. */
int hardlinks_give_up(struct hardlinks *h, const struct hardlink_id *id);

/* Where file id is complete, borrowed until hardlinks_free; NULL: nowhere yet. */
const char *hardlinks_path(const struct hardlinks *h, const struct hardlink_id *id);

/* A name that waits no longer: its index into *ret_ndx, and what is to be done (GO, MAKE or DROP); NONE: there is none. */
enum hardlink_verdict hardlinks_next(struct hardlinks *h, int32_t *ret_ndx);

/* Would hardlinks_next return one? */
bool hardlinks_ready(const struct hardlinks *h);

/* Does any name wait for another? */
bool hardlinks_wait(const struct hardlinks *h);

#endif
