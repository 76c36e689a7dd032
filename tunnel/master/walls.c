#include "tunnel/master/walls.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/log.h"
#include "lib/role.h"

#define CALLS "seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self"

enum { NO_FILTERS = 255 };		/* no errno */

/* A filter that kills gives no second chance, so a child asks. */
static _Noreturn void
ask(void)
{
	unsigned action = SECCOMP_RET_ERRNO;
	int r = role_landlock();

	if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) < 0)
		_exit(NO_FILTERS);
	_exit(r < 0 ? -r : 0);
}

int
walls_try(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		ask();
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -errno;
	if (WIFSIGNALED(status) || WEXITSTATUS(status) == NO_FILTERS) {
		log_error("A filter of system calls forbids what our walls are made of%s: with systemd the unit needs", WIFSIGNALED(status) ?
		    ", and kills for it" : "");
		log_error("SystemCallFilter=" CALLS);
		return E_DENIED;
	}
	if (WEXITSTATUS(status) != 0)
		log_warn("Landlock: %s (%d): one wall less round each worker; where a filter forbids it, allow " CALLS,
		    strerror(WEXITSTATUS(status)), WEXITSTATUS(status));
	return 0;
}
