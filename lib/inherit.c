#include "config.h"

#include "lib/inherit.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int
may_stay_ignored(int signo)
{
	return signo == SIGHUP || signo == SIGINT || signo == SIGQUIT || signo == SIGTERM;
}

/* A child's end that is ignored is never told, and never waited for. */
void
inherit_reset(void)
{
	struct sigaction sa;
	sigset_t none;
	int fd;

	for (int signo = 1; signo < NSIG; signo++)
		if (sigaction(signo, NULL, &sa) == 0 && sa.sa_handler == SIG_IGN && !may_stay_ignored(signo))
			signal(signo, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	while ((fd = open("/dev/null", O_RDWR)) >= 0 && fd <= STDERR_FILENO)
		;
	if (fd > STDERR_FILENO)
		close(fd);
}

void
inherit_close(int from)
{
	syscall(SYS_close_range, from, ~0u, 0);
}
