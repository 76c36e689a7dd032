/* Reading the client's file list from the connection (flist_in.h holds it). */
#ifndef SALLYPORT_SYNCD_PUSH_FLIST_RECV_H
#define SALLYPORT_SYNCD_PUSH_FLIST_RECV_H

#include "syncd/session/session.h"

struct flist_recv;

/* s->push->flist and s->push->list, with the first list begun, and the maps of owners.  0, 1 (an option is wrong:
 * session_fail has said so) or an error; to be ended with flist_recv_end. */
int flist_recv_begin(struct session *s);
void flist_recv_end(struct session *s);

/* NDX_FLIST_OFFSET - dir was read: the segment of directory dir comes.  0, E_FORMAT or -ENOMEM. */
int flist_recv_segment(struct session *s, int32_t dir);

/* Is a segment being read? */
bool flist_recv_open(const struct session *s);

/* Go on reading the list that is open.  0: complete; E_SHORT or an error. */
int flist_recv_more(struct session *s);

/* Is the (first) list complete? */
bool flist_recv_first_done(const struct session *s);

/* NDX_FLIST_EOF came: there are no more segments.  E_FORMAT where it has no place. */
int flist_recv_eof(struct session *s);

/* Is every list here or begun: no more segments come? */
bool flist_recv_all(const struct session *s);

/* Bytes of the regular files and symlinks in the lists so far. */
int64_t flist_recv_total_size(const struct session *s);

#endif
