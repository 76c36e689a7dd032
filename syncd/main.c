/* sallyport-syncd: options, load the configuration, bind, run. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/inherit.h"
#include "lib/log.h"
#include "lib/num.h"
#include "lib/sock.h"
#include "syncd/check.h"
#include "syncd/listener.h"
#include "syncd/shadow.h"
#include "syncd/spawner.h"
#include "syncd/status.h"
#include "syncd/stdio_join.h"
#include "syncd/types.h"
#include "syncd/why.h"

enum { OVERRIDES_MAX = 64, ASKED_MAX = 64 };

enum mode { MODE_DAEMON, MODE_CHECK, MODE_DUMP, MODE_WHY, MODE_STATUS };

struct args {
	struct listener_conf lc;
	char conf_path[PATH_MAX], log_file[PATH_MAX];	/* made absolute */
	struct conf_override over[OVERRIDES_MAX];
	size_t n_over;
	enum mode mode;
	struct why_question why;
	const char *tls_names[ASKED_MAX], *options[ASKED_MAX];
	int daemon, server, detach, json;
};

static const char usage_text[] =
    "usage: sallyport-syncd --daemon [--no-detach] [--config=FILE] [--address=ADDRESS] [--port=PORT]\n"
    "           [--log-file=FILE] [--dparam=NAME=VALUE] [--ipv4 | --ipv6]\n"
    "       sallyport-syncd --check-config | --dump-config [--config=FILE]\n"
    "       sallyport-syncd --why --module=MODULE --from=ADDRESS [--tls-name=NAME]... [--no-tls] [--user=USER]\n"
    "           [--option=OPTION]... [--path=PATH] [--json] [--config=FILE]\n"
    "       sallyport-syncd --status [--json] [--config=FILE]\n"
    "       sallyport-syncd --help | --version\n"
    "See sallyport-syncd(8).\n";

enum {
	O_ADDRESS = 256, O_CONFIG, O_DAEMON, O_DETACH, O_NO_DETACH, O_LOG_FILE, O_LOG_FORMAT, O_PORT, O_SERVER,
	O_BWLIMIT, O_SOCKOPTS, O_NO_VERBOSE, O_CHECK, O_DUMP, O_VERSION,
	O_STATUS, O_JSON, O_WHY, O_ASKED_MODULE, O_FROM, O_USER, O_TLS_NAME, O_NO_TLS, O_OPTION, O_ASKED_PATH,
};

static const struct option long_options[] = {
	{ "address", required_argument, NULL, O_ADDRESS }, { "config", required_argument, NULL, O_CONFIG },
	{ "daemon", no_argument, NULL, O_DAEMON }, { "detach", no_argument, NULL, O_DETACH },
	{ "no-detach", no_argument, NULL, O_NO_DETACH }, { "dparam", required_argument, NULL, 'M' },
	{ "ipv4", no_argument, NULL, '4' }, { "ipv6", no_argument, NULL, '6' },
	{ "log-file", required_argument, NULL, O_LOG_FILE }, { "log-file-format", required_argument, NULL, O_LOG_FORMAT },
	{ "port", required_argument, NULL, O_PORT }, { "server", no_argument, NULL, O_SERVER },
	{ "bwlimit", required_argument, NULL, O_BWLIMIT }, { "sockopts", required_argument, NULL, O_SOCKOPTS },
	{ "verbose", no_argument, NULL, 'v' }, { "no-verbose", no_argument, NULL, O_NO_VERBOSE },
	{ "no-v", no_argument, NULL, O_NO_VERBOSE }, { "help", no_argument, NULL, 'h' },
	{ "check-config", no_argument, NULL, O_CHECK }, { "dump-config", no_argument, NULL, O_DUMP },
	{ "why", no_argument, NULL, O_WHY }, { "module", required_argument, NULL, O_ASKED_MODULE }, { "from", required_argument, NULL, O_FROM },
	{ "user", required_argument, NULL, O_USER }, { "tls-name", required_argument, NULL, O_TLS_NAME }, { "no-tls", no_argument, NULL, O_NO_TLS }, { "option", required_argument, NULL, O_OPTION },
	{ "path", required_argument, NULL, O_ASKED_PATH },
	{ "status", no_argument, NULL, O_STATUS }, { "json", no_argument, NULL, O_JSON },
	{ "version", no_argument, NULL, O_VERSION }, { NULL, 0, NULL, 0 },
};

static int
usage(FILE *to, int code)
{
	fputs(usage_text, to);
	return code;
}

/* NAME=VALUE, cut apart in place. */
static int
add_override(struct args *a, char *text)
{
	char *eq = strchr(text, '=');

	if (eq == NULL || a->n_over >= OVERRIDES_MAX) {
		fprintf(stderr, "sallyport-syncd: --dparam takes NAME=VALUE, at most %d times\n", OVERRIDES_MAX);
		return -1;
	}
	*eq = '\0';
	a->over[a->n_over++] = (struct conf_override){ text, eq + 1 };
	return 0;
}

/* One more of what --why is asked about. */
static int
add_asked(const char *option, const char *text, const char **list, size_t *n)
{
	if (*n >= ASKED_MAX) {
		fprintf(stderr, "sallyport-syncd: %s: at most %d times\n", option, ASKED_MAX);
		return -1;
	}
	list[(*n)++] = text;
	return 0;
}

/* For every module that does not say more. */
static int
limit_bandwidth(struct args *a, const char *text)
{
	int64_t kib;

	if (num_parse(text, 0, 1 << 30, &kib) != 0 || a->n_over >= OVERRIDES_MAX) {
		fprintf(stderr, "sallyport-syncd: --bwlimit=%s: a number of KiB a second is wanted\n", text);
		return -1;
	}
	a->over[a->n_over++] = (struct conf_override){ "bwlimit", text };
	return 0;
}

static int
take_port(struct args *a, const char *text)
{
	if (num_parse(text, 1, 65535, &a->lc.listening.port) == 0)
		return 0;
	fprintf(stderr, "sallyport-syncd: --port=%s: a number from 1 to 65535 is wanted\n", text);
	return -1;
}

/* 0 to go on, 1 to exit with *ret_code. */
static int
take_option(struct args *a, int opt, int *ret_code)
{
	int r = 0;

	*ret_code = RERR_SYNTAX;
	switch (opt) {
	case O_ADDRESS: a->lc.listening.address = optarg; break;
	case O_CONFIG: a->lc.conf_path = optarg; break;
	case O_DAEMON: a->daemon = 1; break;
	case O_SERVER: a->server = 1; break;
	case O_DETACH: a->detach = 1; break;
	case O_NO_DETACH: a->detach = 0; break;
	case O_LOG_FILE: a->lc.log_file = optarg; break;
	case O_PORT: r = take_port(a, optarg); break;
	case 'M': r = add_override(a, optarg); break;
	case '4': a->lc.listening.family = AF_INET; break;
	case '6': a->lc.listening.family = AF_INET6; break;
	case 'v': case O_NO_VERBOSE: break;
	case O_LOG_FORMAT: a->lc.log_format = optarg; break;
	case O_SOCKOPTS: a->lc.listening.options = optarg; break;
	case O_BWLIMIT: r = limit_bandwidth(a, optarg); break;
	case O_CHECK: a->mode = MODE_CHECK; break;
	case O_DUMP: a->mode = MODE_DUMP; break;
	case O_STATUS: a->mode = MODE_STATUS; break;
	case O_JSON: a->json = 1; break;
	case O_WHY: a->mode = MODE_WHY; break;
	case O_ASKED_MODULE: a->why.module = optarg; break;
	case O_FROM: a->why.from = optarg; break;
	case O_USER: a->why.user = optarg; break;
	case O_TLS_NAME: r = add_asked("--tls-name", optarg, a->tls_names, &a->why.n_tls_names); break;
	case O_NO_TLS: a->why.no_tls = true; break;
	case O_OPTION: r = add_asked("--option", optarg, a->options, &a->why.n_options); break;
	case O_ASKED_PATH: a->why.path = optarg; break;
	case O_VERSION:
		puts("sallyport-syncd " PACKAGE_VERSION " (rsync protocols 27 to 32)");
		*ret_code = 0;
		return 1;
	case 'h':
		*ret_code = usage(stdout, 0);
		return 1;
	default:
		usage(stderr, 0);
		return 1;
	}
	return r == 0 ? 0 : 1;
}

static int
parse(int argc, char **argv, struct args *a, int *ret_code)
{
	int opt;

	*a = (struct args){ .lc = { .conf_path = SYSCONFDIR "/rsyncd.conf", .listening = { .family = AF_UNSPEC }, .ready_fd = -1 }, .detach = 1 };
	if (access(a->lc.conf_path, F_OK) != 0)
		a->lc.conf_path = "/etc/rsyncd.conf";
	while ((opt = getopt_long(argc, argv, "46hvM:", long_options, NULL)) != -1)
		if (take_option(a, opt, ret_code) != 0)
			return 1;
	a->lc.over = a->over;
	a->lc.n_over = a->n_over;
	if (a->daemon || a->mode != MODE_DAEMON)
		return 0;
	fputs("sallyport-syncd: Daemon option(s) used without --daemon.\n", stderr);
	*ret_code = usage(stderr, RERR_SYNTAX);
	return 1;
}

/* arg: a count of the lines, or NULL. */
static void
warn_stderr(void *arg, const char *text)
{
	unsigned *n = arg;

	if (n != NULL)
		++*n;
	fprintf(stderr, "%s\n", text);
}

static int
load(const struct args *a, struct syncd_conf **ret, unsigned *warned)
{
	struct conf_err e;
	char text[1024];

	if (conf_load(a->lc.conf_path, a->over, a->n_over, warn_stderr, warned, ret, &e) == 0) {
		shadow_load(*ret, warn_stderr, warned);
		return 0;
	}
	fprintf(stderr, "sallyport-syncd: %s\nFailed to parse config file: %s\n", conf_err_print(&e, text, sizeof text),
	    a->lc.conf_path);
	return -1;
}

static int
show_config(const struct args *a, struct syncd_conf *conf, unsigned warned)
{
	struct buf b = BUF_INIT;

	if (a->mode == MODE_DUMP) {
		conf_dump(conf, &b);
		fwrite(buf_head(&b), 1, buf_len(&b), stdout);
		buf_done(&b);
	}
	warned += check_config(conf, warn_stderr, NULL);
	conf_free(conf);
	return warned > 0 ? RERR_SYNTAX : 0;
}

static int
explain(const struct args *a, struct syncd_conf *conf)
{
	struct why_question q = a->why;
	int code;

	q.tls_names = a->tls_names;
	q.options = a->options;
	q.json = a->json != 0;
	code = why_main(conf, &q);

	conf_free(conf);
	return code;
}

static int
list_sessions(const struct args *a, struct syncd_conf *conf)
{
	int code = status_main(conf, a->json != 0);

	conf_free(conf);
	return code;
}

static int
stdin_is_socket(void)
{
	int type;
	socklen_t len = sizeof type;

	return getsockopt(STDIN_FILENO, SOL_SOCKET, SO_TYPE, &type, &len) == 0;
}

/* Everything goes over one descriptor; what is printed by accident must not reach the peer. */
static int
run_inetd(const struct args *a, struct syncd_conf *conf, int fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || dup2(null, STDOUT_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0)
		return RERR_FILEIO;
	listener_log(&a->lc, conf, 0);
	return listener_serve_one(&a->lc, conf, fd);
}

/* Started by a remote shell: two pipes or two sockets, or an internet socket that is both. */
static int
run_server(const struct args *a, struct syncd_conf *conf)
{
	int fd = STDIN_FILENO, code = RERR_FILEIO, r = stdio_is_one_socket() ? 0 : stdio_join(&fd, &code);

	if (r == 0)
		return run_inetd(a, conf, fd);
	conf_free(conf);
	return code;
}

/* The daemon leaves the working directory, and comes back to the file when it is edited. */
static const char *
absolute(const char *path, char dst[PATH_MAX])
{
	char cwd[PATH_MAX];

	if (path == NULL || path[0] == '/' || getcwd(cwd, sizeof cwd) == NULL ||
	    snprintf(dst, PATH_MAX, "%s/%s", cwd, path) >= PATH_MAX)
		return path;
	return dst;
}

/* Into the background.  The parent exits 0 once the child says that it serves, so that whoever
 * started us can rely on it; otherwise with the child's own code.  Returns in the child only. */
static int
detach(struct args *a)
{
	int pipefd[2], null, status;
	char byte;
	pid_t pid;

	if (pipe2(pipefd, O_CLOEXEC) < 0 || (pid = fork()) < 0)
		return -errno;
	if (pid > 0) {
		close(pipefd[1]);
		if (read(pipefd[0], &byte, 1) == 1)
			_exit(0);
		_exit(waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : RERR_SOCKETIO);
	}
	close(pipefd[0]);
	a->lc.ready_fd = pipefd[1];
	a->lc.conf_path = absolute(a->lc.conf_path, a->conf_path);
	a->lc.log_file = absolute(a->lc.log_file, a->log_file);
	if (setsid() < 0 || chdir("/") < 0)
		return -errno;
	if ((null = open("/dev/null", O_RDWR | O_CLOEXEC)) >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		close(null);
	}
	return 0;
}

int
main(int argc, char **argv)
{
	struct syncd_conf *conf;
	struct args a;
	unsigned warned = 0;
	int code;

	inherit_reset();
	if (argc == 2 && strcmp(argv[1], SPAWNER_ARG) == 0)
		return spawner_main(SPAWNER_FD);
	if (parse(argc, argv, &a, &code) != 0)
		return code;
	if (load(&a, &conf, &warned) != 0)
		return RERR_SYNTAX;
	if (a.mode == MODE_WHY)
		return explain(&a, conf);
	if (a.mode == MODE_STATUS)
		return list_sessions(&a, conf);
	if (a.mode != MODE_DAEMON)
		return show_config(&a, conf, warned);
	a.lc.listening.passed = sock_activation();
	a.lc.listening.conf_path = a.lc.conf_path;
	inherit_close(SOCK_PASSED + a.lc.listening.passed);
	if (a.server)
		return run_server(&a, conf);
	if (a.lc.listening.passed == 0 && stdin_is_socket())
		return run_inetd(&a, conf, STDIN_FILENO);
	if (a.detach && detach(&a) != 0) {
		perror("sallyport-syncd: fork");
		return RERR_SOCKETIO;
	}
	if (a.detach)
		log_echo(LOG_ERR);	/* until it serves, the terminal is told what goes wrong */
	listener_log(&a.lc, conf, !a.detach);
	return listener_run(&a.lc, conf);
}
