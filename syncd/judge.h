/* Clients that are in already are asked again when the configuration has changed: by a process forked for that, which may wait for name servers. */
#ifndef SALLYPORT_SYNCD_JUDGE_H
#define SALLYPORT_SYNCD_JUDGE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/loop.h"
#include "syncd/monitor.h"

struct judge_case {
	pid_t pid;			/* the client's monitor */
	struct addr peer;
	const struct standing *standing;
};

/* From a reload until clients are asked again: whoever writes the file may not have done; and where that came to nothing, ms. */
enum { JUDGE_MS = 300, JUDGE_AGAIN_MS = 1000 };

/* What the owner of the clients does; arg is its own. */
struct judge_env {
	struct loop *loop;
	void (*before)(void *arg);	/* clients are about to be asked; may call judge_anew */
	size_t (*collect)(void *arg, unsigned generation, struct judge_case *cases, size_t max);	/* those whom that configuration has not judged */
	void (*run)(void *arg, const struct judge_case *cases, size_t n);	/* in the process, which ends there: judge_run, with nothing else open */
	void *arg;
};

/* When they are asked, and by whom.  The owner's, whose judge_init it takes. */
struct judge {
	struct judge_env env;
	unsigned generation;	/* of the configuration: one more with each */
	struct timer due;
	pid_t pid;		/* of the process that asks; 0: none does */
};

/* env is copied, and j must stay where it is. */
void judge_init(struct judge *j, const struct judge_env *env);
void judge_done(struct judge *j);

/* There is another configuration; or somebody whom the present one has not judged. */
void judge_anew(struct judge *j);
void judge_wanted(struct judge *j);

/* Its process was reaped, and what it reported has been read; more: there is somebody whom the configuration has not judged. */
void judge_ended(struct judge *j, int status, bool more);

/* Ask for each of the cases, first what needs no name server, with job's configuration and spawner; job->report_fd gets a MONITOR_REFUSED with
 * the pid of each who would be refused now, and the log a line.  Ends the process: with 0 when all were asked. */
_Noreturn void judge_run(const struct monitor_job *job, const struct judge_case *cases, size_t n);

#endif
