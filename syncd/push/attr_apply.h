/* Mode, owner, group and times: what differs between an entry and what stands there, and what it gets (rsync-wire 8.2). */
#ifndef SALLYPORT_SYNCD_PUSH_ATTR_APPLY_H
#define SALLYPORT_SYNCD_PUSH_ATTR_APPLY_H

#include "syncd/push/job.h"

/* Report flags (report.h) for what differs between a job's entry and st, which stands at its path or elsewhere. */
unsigned attr_differs(struct session *s, const struct push_job *j, const struct stat *st);

/* The permission bits an entry gets.  st: what stands there now, whose mode may stay; NULL: nothing. */
mode_t attr_mode(struct session *s, const struct push_job *j, const struct stat *st);

/* Bits that a new directory has from its parent (set-group-ID), and keeps.  made: it, as it was made; NULL: it is not new. */
mode_t attr_inherited_bits(const struct session *s, const struct flist_file *f, const struct stat *made);

/* Give what stands at the job's path the entry's attributes where they differ from now, how it stands there.  is_new: nothing
 * of it stood there before.  What fails is told to the client.  0 or the first error, -errno. */
int attr_apply(struct session *s, const struct push_job *j, const struct stat *now, bool is_new);

/* The mode a temporary is made with: the one it will have where nobody else could read what he should not
 * meanwhile, else ours alone.  old: of the file it replaces, 0: none. */
mode_t attr_first_mode(struct session *s, const struct push_job *j, mode_t old);

/* Must the file that we wrote for path be looked at to know its owner and mode? */
bool attr_needs_state(struct session *s, const char *path, bool in_place);

/* attr_apply for a regular file that was just written and has not its name yet, through fd.  st: as it is; old_mode: of the
 * file that it replaces, or of the one in an alternate directory, 0: neither.  What fails is told to the client. */
void attr_received(struct session *s, const struct push_job *j, int fd, const struct stat *st, mode_t old_mode);

/* Does an object of that mode get the time that the client gives (rsync(1), --times, --omit-dir-times, --omit-link-times)? */
bool attr_keeps_time(const struct session *s, uint32_t mode);

/* Are the entry's time and st's the same within --modify-window? */
bool attr_same_time(const struct session *s, const struct flist_file *f, const struct stat *st);

#endif
