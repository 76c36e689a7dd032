#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client-wrap/args.h"
#include "client-wrap/helper.h"
#include "client-wrap/status.h"
#include "lib/err.h"
#include "lib/inherit.h"
#include "lib/log.h"

static int
usage(FILE *to, int status)
{
	fprintf(to, "usage: sallyport-rsync [OUR OPTIONS] RSYNC-ARGUMENTS\n"
	    "  with rsyncs://host[:port]/module/, rsync://host[:port]/module/ or host::module/\n"
	    "our options, before rsync's:\n"
	    "  --tls-ca=FILE       trust these CAs instead of the system's\n"
	    "  --tls-cert=FILE     client certificate, and its key with --tls-key=FILE\n"
	    "  --tls-pin=PIN       the server's key: sha256:HEX or sha256//BASE64 (also --pin=)\n"
	    "  --tls-verbose       say what was negotiated\n"
	    "  --type=NAME         accepted for rsync-ssl's sake\n"
	    "see sallyport-rsync(1)\n");
	return status;
}

/* The helper reads the environment, as it would under rsync-ssl. */
static int
set_environment(const struct wrap_args *a, int status_fd)
{
	const struct { const char *name, *value; } vars[] = {
		{ "RSYNC_SSL_CA_CERT", a->ca }, { "RSYNC_SSL_CERT", a->cert }, { "RSYNC_SSL_KEY", a->key },
		{ "RSYNC_SSL_PIN", a->pin }, { WRAP_ENV_VERBOSE, a->verbose ? "1" : NULL },
	};
	char fd[16];

	for (size_t i = 0; i < ARRAY_LEN(vars); i++)
		if (vars[i].value != NULL && setenv(vars[i].name, vars[i].value, 1) < 0)
			return -errno;
	snprintf(fd, sizeof fd, "%d", status_fd);
	unsetenv("RSYNC_CONNECT_PROG");
	return setenv(WRAP_ENV_STATUS_FD, fd, 1) < 0 ? -errno : 0;
}

/* "--rsh='/path/to/this program' --sallyport-helper" */
static int
rsh_option(char *dst, size_t size)
{
	char self[PATH_MAX], quoted[2 * PATH_MAX + 3];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

	if (n < 0)
		return -errno;
	self[n] = '\0';
	if (args_quote(self, quoted, sizeof quoted) != 0 ||
	    (size_t)snprintf(dst, size, "--rsh=%s %s", quoted, WRAP_HELPER_FLAG) >= size)
		return E_LIMIT;
	return 0;
}

static _Noreturn void
exec_rsync(const struct wrap_args *a, char *rsh, const sigset_t *mask)
{
	const char *named = getenv("SALLYPORT_RSYNC");
	const char *rsync = named == NULL || named[0] == '\0' ? "rsync" : named;
	char **argv = calloc(a->n_rsync + 3, sizeof *argv);

	if (argv != NULL) {
		argv[0] = (char *)"rsync";
		argv[1] = rsh;
		for (size_t i = 0; i < a->n_rsync; i++)
			argv[i + 2] = a->rsync[i];
		sigprocmask(SIG_SETMASK, mask, NULL);
		execvp(rsync, argv);
	}
	log_error("cannot run %s: %s", rsync, strerror(errno));
	_exit(WRAP_SETUP);
}

enum { LAST_WORD_MS = 3000 };

/* rsync and its helper are in our group and hear the terminal themselves; what is sent to us alone
 * is handed on. */
static int
wait_for_rsync(pid_t pid, const sigset_t *watched)
{
	int signo, status;

	for (;;) {
		if (sigwait(watched, &signo) != 0)
			continue;
		if (signo == SIGTERM || signo == SIGHUP)
			kill(pid, signo);
		if (signo == SIGCHLD && waitpid(pid, &status, WNOHANG) == pid)
			return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	}
}

/* rsync only saw its connection end; the helper may have said why, or is about to: it leaves when
 * rsync has left, and the pipe ends with it. */
static int
best_status(int rsync_status, int status_fd)
{
	struct pollfd last_word = { .fd = status_fd, .events = POLLIN };
	unsigned char byte;
	ssize_t n = poll(&last_word, 1, LAST_WORD_MS) == 1 ? read(status_fd, &byte, 1) : 0;

	if (rsync_status == 0 || rsync_status >= 128 || n != 1)
		return rsync_status;
	if (byte == WRAP_CUT)
		log_error("the connection was cut before the transfer was complete; run the same command again to go on");
	return byte;
}

static int
run_rsync(const struct wrap_args *a)
{
	static const int signals[] = { SIGCHLD, SIGTERM, SIGHUP, SIGINT, SIGQUIT };
	char rsh[2 * PATH_MAX + 64];
	sigset_t watched, before;
	int ends[2], r;
	pid_t pid;

	if (pipe(ends) < 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0 || fcntl(ends[0], F_SETFD, FD_CLOEXEC) < 0 ||
	    (r = set_environment(a, ends[1])) != 0 || (r = rsh_option(rsh, sizeof rsh)) != 0) {
		log_error("cannot start: %s", strerror(errno));
		return WRAP_SETUP;
	}
	sigemptyset(&watched);
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		sigaddset(&watched, signals[i]);
	sigprocmask(SIG_BLOCK, &watched, &before);
	if ((pid = fork()) == 0)
		exec_rsync(a, rsh, &before);
	if (pid < 0) {
		log_error("cannot start: %s", strerror(errno));
		return WRAP_SETUP;
	}
	close(ends[1]);
	return best_status(wait_for_rsync(pid, &watched), ends[0]);
}

int
main(int argc, char **argv)
{
	static const struct log_conf log = { .style = LOG_STYLE_PLAIN, .ident = "sallyport-rsync", .to_stderr = 1,
	    .level = LOG_NOTICE };
	char why[ARGS_WHY_SIZE] = "out of memory";
	struct wrap_args a;
	int status;

	inherit_reset();
	log_setup(&log);
	if (argc >= 2 && strcmp(argv[1], WRAP_HELPER_FLAG) == 0)
		return helper_main(argc - 2, argv + 2);
	if (args_split(argc, argv, &a, why) != 0) {
		log_error("%s", why);
		args_done(&a);
		return WRAP_SETUP;
	}
	status = a.help ? usage(stdout, EXIT_SUCCESS) : a.n_rsync == 0 ? usage(stderr, 1) : run_rsync(&a);
	args_done(&a);
	return status;
}
