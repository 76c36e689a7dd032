/* The processes of this machine: units, rights, programs, and which of them hold listening sockets. */
#ifndef SALLYPORT_DEPLOY_VERIFY_PROCESSES_H
#define SALLYPORT_DEPLOY_VERIFY_PROCESSES_H

#include <limits.h>
#include <sys/types.h>

#include "deploy/verify/ask.h"
#include "deploy/verify/kernel.h"

struct process {
	pid_t pid;
	char unit[128];		/* "" for none */
	char exe[PATH_MAX];	/* "" when it cannot be seen; " (deleted)" at its end when the file was replaced */
	struct kernel_status status;
};

struct holder {
	uint64_t inode;
	size_t process;		/* in v */
};

struct processes {
	struct process *v;
	size_t n, cap;
	struct holder *holders;
	size_t n_holders, cap_holders;
	struct kernel_sockets sockets;	/* all that listen */
	int error;		/* -errno of what could not be read at all */
};

/* Look at all there are; what ends meanwhile is left out.  ret is for processes_done. */
void processes_read(struct processes *ret);

/* Free what it holds. */
void processes_done(struct processes *l);

/* unit.NAME.*: the rights of every process of daemon and door, and of their programs outside of units. */
void processes_judge(const struct ask *a);

/* Pure: judge the processes of one unit by what its text ("[Service]\n...") promises.  name is the word in ids, "syncd". */
void processes_judge_unit(struct points *l, const struct processes *all, const char *unit, const char *name, const char *text);

#endif
