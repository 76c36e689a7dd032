/* ACLs and extended attributes of what a push brings: what differs, what is asked of the client, what is set. */
#ifndef SALLYPORT_SYNCD_PUSH_XATTR_RECV_H
#define SALLYPORT_SYNCD_PUSH_XATTR_RECV_H

#include "syncd/fs/attr.h"
#include "syncd/fs/tree.h"
#include "syncd/push/job.h"

struct xattr_recv;

/* s->push->xattrs, also without -A and -X.  0 or an error; to be ended with xattr_end. */
int xattr_begin(struct session *s);
void xattr_end(struct session *s);

/* An entry of that mode was read: what follows it in the list is due.  xattr_read goes on with it, for entry f: 0 when nothing
 * is due (any more), E_SHORT or an error. */
void xattr_expect(struct session *s, uint32_t mode);
int xattr_read(struct session *s, struct flist_file *f);

/* Report flags (report.h) for what differs between a job's entry and st, which stands under its path in tree t. */
unsigned xattr_differ(struct session *s, const struct push_job *j, struct tree *t, const struct stat *st);

/* The same where nothing stood before. */
unsigned xattr_of_new(const struct session *s, const struct flist_file *f);

/* What stands at the job's path of the destination, for the calls below; false (and none) where the push brings no attributes
 * or only shows what it would do.  *ret is to be closed with xattr_close. */
bool xattr_open(struct session *s, const struct push_job *j, struct attr_of *ret);
void xattr_close(const struct attr_of *of);

/* The same of an open file, which stays the caller's. */
struct attr_of xattr_of_fd(const struct session *s, int fd);

/* What stands in the first alternate directory that has such a thing; to be closed with xattr_close. */
struct attr_of xattr_elsewhere(struct session *s, const struct push_job *j);

/* Set the entry's attributes on of, and remove others.  Values that have not come are taken from elsewhere if it has them;
 * those that nobody has are an error when final.  0 or -errno. */
int xattr_set(struct session *s, const struct flist_file *f, const struct attr_of *of, const struct attr_of *elsewhere, bool final);

/* Its ACLs; to be called when the mode is set.  0 or -errno. */
int xattr_set_acls(struct session *s, const struct flist_file *f, const struct attr_of *of);

/* Those of one regular file for its copy.  0 or -errno. */
int xattr_copy(struct session *s, int from_fd, int to_fd);

/* Do requests or answers stand behind an item of these flags? */
bool xattr_travel(const struct session *s, unsigned flags);

/* Behind a job's item of these flags: ask for the values that are not here. */
void xattr_ask(struct session *s, const struct push_job *j, unsigned flags);

/* The answer to that begins, behind an item of these flags under index ndx. */
void xattr_answer_begins(struct session *s, int32_t ndx, unsigned flags);

/* Is one being read? */
bool xattr_answering(const struct session *s);

/* Read on.  0 at its end, and then *ret_ndx and *ret_flags are as it began; E_SHORT, or an error. */
int xattr_answer(struct session *s, int32_t *ret_ndx, unsigned *ret_flags);

#endif
