/* The foreground job of `serve`: daemon and tunnel as two children, started, heard, stopped
 * together. */
#ifndef SALLYPORT_DEPLOY_JOB_H
#define SALLYPORT_DEPLOY_JOB_H

#include "deploy/pki.h"
#include "deploy/plan.h"

/* Run both until INT, TERM or HUP (0), or until one of them ends or does not come up (1); their
 * configurations are in p->run_dir.  Once both are ready, stdout gets the commands by which
 * another machine pulls from host. */
int job_run(const struct plan *p, const struct pki *pki, const char *host);

/* Is the daemon that will be started ours, and not one that stands in for it? */
int job_own_daemon(void);

#endif
