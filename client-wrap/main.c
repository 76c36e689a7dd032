#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client-wrap/args.h"
#include "client-wrap/helper.h"
#include "client-wrap/join.h"
#include "client-wrap/operand.h"
#include "client-wrap/options.h"
#include "client-wrap/renew.h"
#include "client-wrap/report.h"
#include "client-wrap/session_file.h"
#include "client-wrap/settings.h"
#include "client-wrap/shown.h"
#include "client-wrap/status.h"
#include "lib/buf.h"
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
    "  --join INVITATION     take what \"sallyport serve --client\" printed; \"-\": from standard input, \"@FILE\": from a file\n"
    "  --join-replace        with it: also for a host that is known by another key\n"
    "  --renew HOST[:PORT]   get the next certificate for one that --join took\n"
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
exec_rsync(const struct wrap_args *a, char *rsh, const sigset_t *mask, pid_t parent)
{
	const char *rsync = rsync_program();
	char **argv = calloc(a->n_rsync + 3, sizeof *argv);

	if (argv != NULL) {
		argv[0] = (char *)"rsync";
		argv[1] = rsh;
		for (size_t i = 0; i < a->n_rsync; i++)
			argv[i + 2] = a->rsync[i];
		sigprocmask(SIG_SETMASK, mask, NULL);
		prctl(PR_SET_PDEATHSIG, SIGTERM);	/* when we are killed */
		if (getppid() != parent)
			_exit(WRAP_SETUP);
		execvp(rsync, argv);
	}
	log_error("cannot run %s: %s", rsync, strerror(errno));
	_exit(WRAP_SETUP);
}

enum { LAST_WORD_MS = 3000 };

/* rsync and its helper are in our group and hear the terminal themselves; what somebody sends to us
 * is handed on. */
static int
wait_for_rsync(pid_t pid, const sigset_t *watched)
{
	siginfo_t info;
	int signo, status;

	for (;;) {
		if ((signo = sigwaitinfo(watched, &info)) < 0)
			continue;
		if (signo != SIGCHLD && info.si_code != SI_KERNEL)
			kill(pid, signo);
		if (signo == SIGCHLD && waitpid(pid, &status, WNOHANG) == pid)
			return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	}
}

/* Did rsync end for nothing but its connection?  Any other number is its own word: a disk full, a file missing, a signal. */
static int
blames_connection(int rsync_status, int by_helper)
{
	enum { START_FAILED = 5, SOCKET_FAILED = 10, STREAM_FAILED = 12 };	/* rsync(1), EXIT VALUES */

	if (rsync_status == SOCKET_FAILED || rsync_status == STREAM_FAILED || rsync_status == by_helper)
		return 1;
	return rsync_status == START_FAILED && by_helper != WRAP_CUT;	/* a daemon that refuses may end without farewell */
}

/* rsync only saw its connection end; the helper may have said why, or is about to: it leaves when
 * rsync has left, and the pipe ends with it. */
static int
best_status(int rsync_status, int report_fd)
{
	struct buf text = BUF_INIT;
	struct report r;
	int dir, status = rsync_status;

	report_read(report_fd, LAST_WORD_MS, &text);
	report_parse(buf_head(&text), buf_len(&text), &r);
	if (r.scope != NULL && r.session != NULL && (dir = session_dir()) >= 0) {
		session_put(dir, r.scope, r.session, r.n_session);
		close(dir);
	}
	if (r.status != 0 && rsync_status != 0 && blames_connection(rsync_status, r.status))
		status = r.status;
	if (status == WRAP_CUT)
		log_error("the connection was cut before the transfer was complete; run the same command again to go on");
	buf_wipe(&text);
	return status;
}

/* Those that are handed on.  One that is blocked is heard even where it is ignored: HUP is not, below nohup. */
static void
choose_signals(sigset_t *ret)
{
	static const int signals[] = { SIGCHLD, SIGTERM, SIGHUP, SIGINT, SIGQUIT };
	struct sigaction hup;

	sigemptyset(ret);
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		sigaddset(ret, signals[i]);
	if (sigaction(SIGHUP, NULL, &hup) == 0 && hup.sa_handler == SIG_IGN)
		sigdelset(ret, SIGHUP);
}

static int
run_rsync(const struct wrap_args *a)
{
	char rsh[2 * PATH_MAX + 64];
	sigset_t watched, before;
	int ends[2], r;
	pid_t pid, parent = getpid();

	if (pipe(ends) < 0 || fcntl(ends[1], F_SETFL, O_NONBLOCK) < 0 || fcntl(ends[0], F_SETFD, FD_CLOEXEC) < 0 ||
	    (r = tell_helper(ends[1])) != 0 || (r = rsh_option(rsh, sizeof rsh)) != 0) {
		log_error("cannot start: %s", strerror(errno));
		return WRAP_SETUP;
	}
	choose_signals(&watched);
	sigprocmask(SIG_BLOCK, &watched, &before);
	if ((pid = fork()) == 0)
		exec_rsync(a, rsh, &before, parent);
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

/* What is set wrong is told before rsync starts, who would add lines of its own. */
static int
check_settings(const struct wrap_args *a)
{
	struct settings s = { .host = NULL };
	struct operand o;
	int status = 0;

	for (size_t i = 0; i < a->n_operands; i++)
		if (operand_parse(a->operands[i], &o) == 0 && o.kind == OPERAND_DAEMON && o.host[0] != '\0') {
			status = settings_read(&s, o.host, o.port);
			break;
		}
	settings_done(&s);
	return status;
}

/* Is one side still missing, which is then the place of the invitation? */
static int
lacks_source(const struct wrap_args *a)
{
	struct operand o;

	return a->n_operands == 1 && operand_parse(a->operands[0], &o) == 0 && o.kind == OPERAND_LOCAL;
}

/* A certificate that is used is renewed in time, and no job fails by that. */
static void
renew_host(const struct wrap_args *a)
{
	struct operand o;

	for (size_t i = 0; i < a->n_operands; i++)
		if (operand_parse(a->operands[i], &o) == 0 && o.kind == OPERAND_DAEMON && o.host[0] != '\0') {
			renew_if_due(o.host, o.port);
			break;
		}
}

static int
transfer(const struct wrap_args *a)
{
	char why[ARGS_WHY_SIZE];
	int status;

	if (operands_check(a->operands, a->n_operands, why) != 0) {
		log_error("%s", why);
		return WRAP_SETUP;
	}
	if ((status = check_settings(a)) != 0 || (status = run_rsync(a)) != 0)
		return status;
	renew_host(a);
	return 0;
}

static int
join(struct wrap_args *a)
{
	static struct invite v;
	char url[JOIN_URL_SIZE];
	int status = join_take(a->join, a->join_replace, &v);

	if (status != 0)
		return status;
	if (a->n_operands == 0) {
		join_advise(&v);
		return 0;
	}
	log_notice("%s is known now, and lets this user in as %s", v.host, v.client);
	if (lacks_source(a) && args_add_source(a, join_url(&v, url)) != 0) {
		log_error("cannot start: %s", strerror(ENOMEM));
		return WRAP_SETUP;
	}
	return transfer(a);
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
	} else if (set_environment(&a) != 0) {
		log_error("cannot start: %s", strerror(errno));
	} else if (a.renew != NULL) {
		status = renew_now(a.renew);
	} else if (a.test != NULL) {
		status = shown_test(a.test);
	} else {
		status = a.join != NULL ? join(&a) : transfer(&a);
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
