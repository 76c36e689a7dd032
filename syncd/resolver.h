/* Looks names up for a monitor: a process without rights, since it parses what a stranger's name server says. */
#ifndef SALLYPORT_SYNCD_RESOLVER_H
#define SALLYPORT_SYNCD_RESOLVER_H

#include "lib/addr.h"
#include "syncd/hostname.h"
#include "syncd/roles.h"
#include "syncd/worker.h"

/* Answer on job->monitor_fd until the monitor closes it.  The exit code. */
int resolver_main(const struct roles *roles, const struct process_job *job);

/* The asking side; each waits.  fd: the channel to a resolver.  As the functions of syncd/hostname.h; an error of
 * the channel is HOSTNAME_FAILED or -1. */
enum hostname_result resolver_name(int fd, const struct addr *a, char text[HOSTNAME_SIZE]);
int resolver_leads_to(int fd, const char *name, const struct addr *a);

/* Is host in the netgroup?  1 or 0. */
int resolver_netgroup(int fd, const char *group, const char *host);

#endif
