/* The list of modules: what a worker asks for (REQ_LIST), and who answers it. */
#ifndef SALLYPORT_SYNCD_MODULE_LIST_H
#define SALLYPORT_SYNCD_MODULE_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/buf.h"
#include "lib/cursor.h"
#include "syncd/policy/conf.h"

/* One list, piece by piece.  in: the index that is asked for, which must be *next (0 at first).  Appends the next index to out (UINT32_MAX: there is
 * no more), then lines, and puts it into *next.  0, E_BREACH for what is out of turn, or out's error. */
int module_list_piece(const struct syncd_conf *c, struct cursor *in, uint32_t *next, struct buf *out);

/* Does the configuration want host names of whoever comes (rsyncd.conf "reverse lookup")? */
bool module_list_wants_names(const struct syncd_conf *c);

/* Answer, in the listener, the request that waits on a worker's channel, if it is for the list, and log it and who asks: no process has to be
 * forked for what is the same for everybody.  Never waits.  1: done; 0: it is a monitor's to answer, and still there (another
 * request, or names are to be looked up, or rights given up first); E_EOF: the worker has ended; else what ends it. */
int module_list_serve(const struct syncd_conf *c, int channel, const struct addr *peer, uint32_t *next);

#endif
