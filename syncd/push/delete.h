/* --delete and its kin: what is not in the client's list goes, as far as filters and limits let it. */
#ifndef SALLYPORT_SYNCD_PUSH_DELETE_H
#define SALLYPORT_SYNCD_PUSH_DELETE_H

#include "syncd/push/job.h"

struct deletion;

/* s->push->deletion.  0 or -ENOMEM; to be ended with delete_end. */
int delete_begin(struct session *s);
void delete_end(struct session *s);

/* If deletion goes along with the transfer: delete what is not in the list from directory f, whose entries are
 * in seg, or note it, where it comes late.  0, 1 (told: the session ends), or an error of ours. */
int delete_during(struct session *s, const struct flist_segment *seg, const struct flist_file *f);

/* The same for the directory that an incremental segment lists. */
int delete_during_segment(struct session *s, const struct flist_segment *seg);

/* What stands at the job's path makes way for its entry; nothing stands there then.  0, or -errno (told). */
int delete_in_the_way(struct session *s, struct push_job *j);

/* --delete-missing-args: what the client named is not there any more, and goes here.  0. */
int delete_named(struct session *s, const struct push_job *j);

/* The whole list before the transfer (--delete-before).  1: more to do; 0: done; or an error of ours. */
int delete_walk(struct session *s);

/* What comes after the transfer (--delete-after, --delete-delay): the same. */
int delete_late(struct session *s);

/* May anything be deleted?  Not after an error at the client, which is told once. */
bool delete_allowed(struct session *s);

/* How many files, directories, symlinks, devices and specials went: five numbers, borrowed. */
const uint32_t *delete_counts(const struct session *s);

/* How many stayed for --max-delete. */
int64_t delete_skipped(const struct session *s);

#endif
