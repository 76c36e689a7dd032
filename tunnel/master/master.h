/* The master: privileges, configuration, listening sockets, signals, pid file.  It starts one
 * generation of workers after another and reads no byte from a peer. */
#ifndef SALLYPORT_TUNNEL_MASTER_MASTER_H
#define SALLYPORT_TUNNEL_MASTER_MASTER_H

#include "tunnel/master/reload.h"

/* Load, bind, detach where configured, and serve until told to stop.  pidfile (NULL: none) names a running process whose
 * listening sockets are taken over; it goes on unless everything went well.  The exit status. */
int master_run(const struct source *from, const char *pidfile);

#endif
