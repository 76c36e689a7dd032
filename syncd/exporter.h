/* The process that answers HTTP: /metrics and /healthz, from the tally.  Started by the spawner, so that it never had the configuration; it
 * can open nothing, and can only read the numbers. */
#ifndef SALLYPORT_SYNCD_EXPORTER_H
#define SALLYPORT_SYNCD_EXPORTER_H

#include "syncd/roles.h"
#include "syncd/worker.h"

/* The job: boot_fd the tally, peer_fd the listening socket, monitor_fd the listener, whose end ends it.  The exit code. */
int exporter_main(const struct roles *roles, const struct process_job *job);

/* Why there can be none: words for a log.  NULL: it can run. */
const char *exporter_fault(void);

#endif
