/* --status: the connections of the running daemon. */
#ifndef SALLYPORT_SYNCD_STATUS_H
#define SALLYPORT_SYNCD_STATUS_H

#include <stdbool.h>

#include "syncd/policy/conf.h"

/* Print them, a line each, or as JSON.  The exit code: 0; RERR_SOCKETIO when no daemon answers. */
int status_main(const struct syncd_conf *conf, bool json);

#endif
