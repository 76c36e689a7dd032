/* The foreground job of `serve`: daemon and tunnel as two children, started, heard, stopped
 * together. */
#ifndef SALLYPORT_DEPLOY_JOB_H
#define SALLYPORT_DEPLOY_JOB_H

#include "deploy/advice.h"

/* Which lines the user wants: errors alone; those and one for each connection and transfer; all that the parts say, as they say it. */
enum job_volume { JOB_QUIET, JOB_CALM, JOB_VERBOSE };

struct job_conf {
	const struct plan *plan;
	const struct advice *advice;
	const char *state;	/* the folder of keys, */
	int64_t due;		/* whose certificate is made again in so many seconds */
	enum job_volume volume;
};

/* Run both until INT, TERM or HUP (0), or until one of them ends or does not come up (1); their
 * configurations are in the plan's run_dir.  Once both are ready, stdout gets the advice. */
int job_run(const struct job_conf *conf);

/* Is the daemon, or the tunnel, that will be started ours, and not one that stands in for it? */
int job_own_daemon(void);
int job_own_tunnel(void);

#endif
