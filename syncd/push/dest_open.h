/* What the destination argument and the directories of options mean, once the (first) list has come. */
#ifndef SALLYPORT_SYNCD_PUSH_DEST_OPEN_H
#define SALLYPORT_SYNCD_PUSH_DEST_OPEN_H

#include "syncd/session/session.h"

/* Open the destination, which may have to be made, and the trees that options name.  0, 1 (it was refused, and session_fail
 * has said why), or an error of ours. */
int dest_open(struct session *s);

#endif
