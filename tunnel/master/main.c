#include "config.h"

#include <errno.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "lib/inherit.h"
#include "lib/log.h"
#include "lib/num.h"
#include "tunnel/conf/load.h"
#include "tunnel/master/master.h"
#include "tunnel/master/why.h"
#include "tunnel/conf/table.h"
#include "tunnel/conf/tlsname.h"
#include "tunnel/service/service_build.h"
#include "tunnel/tls/libheap.h"

#define DEFAULT_FILE SYSCONFDIR "/stunnel/stunnel.conf"
#define SYNTAX "sallyport-tunnel [FILE] | -fd N | -help | -version | -sockets | -options | --check-config FILE | " \
    "--dump-config FILE | --takeover PIDFILE FILE | --why-cert CERT|none FILE [SECTION]"

/* The lines by which scripts know a stunnel (stunnel-conf section 2), then who we are. */
static void
say_version(void (*say)(const char *fmt, ...))
{
	struct utsname u;

	say("stunnel 5.75 on %s-pc-linux-gnu platform", uname(&u) == 0 ? u.machine : "unknown");
	say("Compiled/running with %s", OpenSSL_version(OPENSSL_VERSION));
	say("Threading:WORKERS Sockets:POLL,IPv6 TLS:OCSP,PSK,SNI Auth:LIBWRAP");
	say("This is sallyport-tunnel %s", PACKAGE_VERSION);
}

static void print_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void
print_line(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

static void
print_options(const struct opt *table, size_t n, int defaults_only)
{
	char expects[160];

	for (size_t i = 0; i < n; i++)
		if (!defaults_only)
			fprintf(stderr, "%-22s = %s\n", table[i].name, opt_expects(&table[i], expects, sizeof expects));
		else if (table[i].def != NULL)
			fprintf(stderr, "%-22s = %s\n", table[i].name, table[i].def);
}

static int
print_tables(int defaults_only)
{
	print_line("Initializing inetd mode configuration");
	say_version(print_line);
	fprintf(stderr, " \nGlobal options:\n");
	print_options(global_opts, n_global_opts, defaults_only);
	fprintf(stderr, " \nService-level options:\n");
	print_options(service_opts, n_service_opts, defaults_only);
	for (size_t i = 0; i < n_service_acts && !defaults_only; i++)
		fprintf(stderr, "%-22s = %s\n", service_acts[i].name, service_acts[i].expects);
	return EXIT_SUCCESS;
}

static int
print_tls_options(void)
{
	const char *name;

	fprintf(stderr, "Supported TLS options:\n");
	for (size_t i = 0; (name = tlsname_option_at(i)) != NULL; i++)
		fprintf(stderr, "options = %s\n", name);
	return EXIT_SUCCESS;
}

static int
print_sockets(void)
{
	static const char *const defaults[][2] = {
		{ "SO_REUSEADDR", "a:yes" }, { "TCP_NODELAY", "l:yes r:yes" },
	};
	const char *name, *shape, *def;

	fprintf(stderr, "Socket option defaults:\n    %-20s %-24s%s\n", "Option Name", "Value", "Default");
	for (size_t i = 0; (name = sockopt_name_at(i, &shape)) != NULL; i++) {
		def = "--";
		for (size_t d = 0; d < ARRAY_LEN(defaults); d++)
			if (strcmp(defaults[d][0], name) == 0)
				def = defaults[d][1];
		fprintf(stderr, "    %-20s %-24s%s\n", name, shape, def);
	}
	return EXIT_SUCCESS;
}

static void
say_syntax(void)
{
	log_notice(" ");
	log_notice("Syntax:");
	log_notice(SYNTAX);
}

/* stunnel's -help is an answer on standard error; --help and its kin answer as other programs do. */
static void
answer_where_asked(const char *flag)
{
	if (strncmp(flag, "--", 2) != 0 || dup2(STDOUT_FILENO, STDERR_FILENO) < 0)
		return;
	if (strcasecmp(flag, "--help") == 0)
		print_line("Syntax: %s\n ", SYNTAX);
}

static int
start_failed(void)
{
	log_error("Configuration failed");
	log_release(1);
	return EXIT_FAILURE;
}

static int
run_file(const char *name, const char *pidfile)
{
	char path[PATH_MAX];
	struct source from = { path, -1 };

	if (realpath(name, path) == NULL) {
		int err = errno;

		log_error("Invalid configuration file name \"%s\"", name);
		log_error("realpath: %s (%d)", strerror(err), err);
		if (name[0] == '-')
			log_error("Unknown option, or one that lacks its argument: %s", name);
		say_syntax();
		log_release(1);
		return EXIT_FAILURE;
	}
	return master_run(&from, pidfile);
}

static int
run_fd(const char *text)
{
	struct source from = { text, -1 };
	int64_t fd;

	if (text == NULL || num_parse(text, 0, INT_MAX, &fd) != 0) {
		log_error("%s", text == NULL ? "No file descriptor specified" : "Invalid file descriptor number");
		say_syntax();
		return start_failed();
	}
	from.fd = (int)fd;
	return master_run(&from, NULL);
}

/* Read and check the file, keys included; with dump also print how it was understood. */
static int
check_config(const char *path, int dump)
{
	struct tun_conf *conf;
	struct service_set *set;
	struct remotekeys *remote = NULL;
	struct conf_err e;
	struct buf out = BUF_INIT;
	char text[1024];
	int r;

	if ((r = load_file(path, -1, &conf, &e)) == 0 && dump)
		tun_conf_dump(conf, &out);
	if (r == 0 && (r = remotekeys_new(&remote)) == 0 && (r = service_set_build(conf, remote, &set, &e)) == 0)
		service_set_free(set);
	remotekeys_free(remote);
	if (r != 0)
		log_error("%s", r == E_CONF ? conf_err_print(&e, text, sizeof text) : err_text(r));
	if (r != 0) {
		buf_done(&out);
		return start_failed();
	}
	fwrite(buf_head(&out), 1, buf_len(&out), stdout);
	buf_done(&out);
	log_release(1);
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int
is_flag(const char *arg, const char *flag)
{
	return strcasecmp(arg, flag) == 0 || (arg[0] == '-' && strcasecmp(arg + 1, flag) == 0);
}

int
main(int argc, char **argv)
{
	const char *first = argc < 2 ? DEFAULT_FILE : argv[1];

	inherit_reset();
	libheap_install();
	if (is_flag(first, "-help") || is_flag(first, "-version") || is_flag(first, "-options") || is_flag(first, "-sockets"))
		answer_where_asked(first);
	if (is_flag(first, "-help"))
		return print_tables(0);
	if (is_flag(first, "-version"))
		return print_tables(1);
	if (is_flag(first, "-options"))
		return print_tls_options();
	if (is_flag(first, "-sockets"))
		return print_sockets();
	log_hold();
	log_info("Initializing inetd mode configuration");
	say_version(log_notice);
	if (strcmp(first, "--check-config") == 0 && argc == 3)
		return check_config(argv[2], 0);
	if (strcmp(first, "--dump-config") == 0 && argc == 3)
		return check_config(argv[2], 1);
	if (strcmp(first, "--why-cert") == 0 && (argc == 4 || argc == 5))
		return why_cert_main(argv[2], argv[3], argc == 5 ? argv[4] : NULL);
	if (strcmp(first, "--takeover") == 0 && argc == 4)
		return run_file(argv[3], argv[2]);
	return is_flag(first, "-fd") ? run_fd(argc < 3 ? NULL : argv[2]) : run_file(first, NULL);
}
