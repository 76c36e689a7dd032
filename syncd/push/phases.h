/* The phases of a push, for the table in syncd/phases.c. */
#ifndef SALLYPORT_SYNCD_PUSH_PHASES_H
#define SALLYPORT_SYNCD_PUSH_PHASES_H

#include "syncd/session/session.h"

enum step push_list_run(struct session *s);	/* PH_FLIST_RECV */
enum step push_receive_run(struct session *s);	/* PH_RECEIVE */

#endif
