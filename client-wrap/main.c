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
#include "client-wrap/operand.h"
#include "client-wrap/options.h"
#include "client-wrap/status.h"
#include "lib/err.h"
#include "lib/inherit.h"
#include "lib/is_set.h"
#include "lib/log.h"

static const char ours[] =
    "usage: sallyport-rsync [OPTIONS] RSYNC-ARGUMENTS\n"
    "rsync through TLS: one side is rsyncs://[user@]host[:port]/module/path, rsync://... or host::module/path.\n"
    "Options besides rsync's, anywhere before \"--\":\n"
    "  --tls-ca=FILE         trust the CAs in this file or directory; system: the machine's; off: anybody\n"
    "  --tls-pin=PIN         the server's key: sha256:HEX or sha256//BASE64 (also --pin=)\n"
    "  --tls-cert=FILE       client certificate, and its key with --tls-key=FILE\n"
    "  --tls-name=NAME       what the server's certificate has to name, instead of the host\n"
    "  --tls-crl=FILE        certificates revoked, in a file or directory\n"
    "  --tls-min=VERSION     1.2 or 1.3\n"
    "  --tls-ciphers=LIST    those of TLS 1.2 and of 1.3, with \":\" between them\n"
    "  --tls-groups=LIST     for the key exchange, likewise\n"
    "  --tls-resume=no       neither keep sessions nor use them\n"
    "  --tls-proxy=HOST:PORT an HTTP proxy, [user:password@] before it (also RSYNC_PROXY); off: none\n"
    "  --tls-verbose         say what was negotiated\n"
    "  --tls-test=HOST[:PORT] connect, show the server's certificate and its modules\n"
    "  --type=NAME           accepted for rsync-ssl's sake\n"
    "see sallyport-rsync(1)\n";

/* The helper reads the environment, as it would under rsync-ssl. */
static int
set_environment(const struct wrap_args *a)
{
	unsetenv("RSYNC_CONNECT_PROG");
	for (size_t i = 0; i < WRAP_OPTIONS; i++)
		if (a->value[i] != NULL && setenv(wrap_options[i].env, a->value[i], 1) < 0)
			return -errno;
	return 0;
}

static int
tell_helper(int status_fd)
{
	char fd[16];

	snprintf(fd, sizeof fd, "%d", status_fd);
	return setenv(WRAP_ENV_STATUS_FD, fd, 1) < 0 ? -errno : 0;
}

/* rsync's program: another than the one in PATH where SALLYPORT_RSYNC says so. */
static const char *
rsync_program(void)
{
	const char *named = getenv("SALLYPORT_RSYNC");

	return is_set(named) ? named : "rsync";
}

/* rsync's own answer goes below ours. */
static int
run_plain(const char *option)
{
	const char *rsync = rsync_program();

	fflush(stdout);
	execlp(rsync, "rsync", option, (char *)NULL);
	log_error("cannot run %s: %s", rsync, strerror(errno));
	return WRAP_SETUP;
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
	const char *rsync = rsync_program();
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
	    (r = set_environment(a)) != 0 || (r = tell_helper(ends[1])) != 0 || (r = rsh_option(rsh, sizeof rsh)) != 0) {
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

/* As rsync-ssl has it, an empty variable is for no check at all.  By our own name it is a mistake. */
static void
take_name(const char *argv0)
{
	const char *slash = strrchr(argv0, '/'), *ca = getenv(wrap_options[WRAP_CA].env);

	if (strcmp(slash == NULL ? argv0 : slash + 1, "rsync-ssl") == 0 && ca != NULL && ca[0] == '\0')
		setenv(wrap_options[WRAP_CA].env, "off", 1);
}

static int
run(int argc, char **argv)
{
	char why[ARGS_WHY_SIZE] = "out of memory";
	struct wrap_args a;
	int status = WRAP_SETUP;

	if (args_split(argc, argv, &a, why) != 0) {
		log_error("%s", why);
	} else if (a.help) {
		fputs(ours, stdout);
		puts("\nrsync's own:");
		status = run_plain("--help");
	} else if (a.version) {
		puts("sallyport-rsync " PACKAGE_VERSION);
		status = run_plain("--version");
	} else if (operands_check(a.operands, a.n_operands, why) != 0) {
		log_error("%s", why);
	} else {
		status = run_rsync(&a);
	}
	args_done(&a);
	return status;
}

int
main(int argc, char **argv)
{
	static const struct log_conf log = { .style = LOG_STYLE_PLAIN, .ident = "sallyport-rsync", .to_stderr = 1,
	    .level = LOG_NOTICE };

	inherit_reset();
	log_setup(&log);
	if (argc >= 2 && strcmp(argv[1], WRAP_HELPER_FLAG) == 0)
		return helper_main(argc - 2, argv + 2);
	take_name(argc > 0 ? argv[0] : "");
	return run(argc, argv);
}
