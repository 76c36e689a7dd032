#include "deploy/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "deploy/conf.h"
#include "deploy/job.h"
#include "lib/log.h"
#include "lib/num.h"

enum { EXIT_USAGE = 2 };

/* What the user asked for, as typed but for the numbers. */
struct serve_args {
	const char *dir;
	const char *module;	/* NULL: from dir */
	const char *state;	/* NULL: the user's state folder */
	const char *host;	/* the first --host, or NULL */
	struct names names;	/* this machine's, and every --host */
	uint16_t port;		/* 0: a free one */
	int writable;
};

static const char usage[] =
    "usage: sallyport serve DIR [--port N] [--name MODULE] [--write] [--state DIR] [--host NAME]...";

static int
misused(const char *text, const char *what)
{
	if (what != NULL)
		log_error("serve: %s: %s", text, what);
	else
		log_error("serve: %s", text);
	fprintf(stderr, "%s\n", usage);
	return EXIT_USAGE;
}

static int
complained(const struct conf_err *e, int status)
{
	char text[sizeof e->path + sizeof e->text + 16];

	log_error("serve: %s", conf_err_print(e, text, sizeof text));
	return status;
}

static int
take_option(struct serve_args *a, int option, const char *value)
{
	int64_t n;

	switch (option) {
	case 'p':
		if (num_parse(value, 0, 65535, &n) != 0)
			return misused("--port wants a number from 0 to 65535, not", value);
		a->port = (uint16_t)n;
		return 0;
	case 'h':
		if (names_add(&a->names, value) != 0)
			return misused("--host wants a host name or an address, not", value);
		a->host = a->host == NULL ? value : a->host;
		return 0;
	case 'n':
		a->module = value;
		return 0;
	case 's':
		a->state = value;
		return 0;
	case 'w':
		a->writable = 1;
		return 0;
	case ':':
		return misused("an option lacks its value", NULL);
	default:
		return misused("unknown option", NULL);
	}
}

static int
parse(int argc, char **argv, struct serve_args *a)
{
	static const struct option options[] = {
		{ "port", required_argument, NULL, 'p' }, { "name", required_argument, NULL, 'n' },
		{ "write", no_argument, NULL, 'w' }, { "state", required_argument, NULL, 's' },
		{ "host", required_argument, NULL, 'h' }, { NULL, 0, NULL, 0 },
	};
	int option, status;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1)
		if ((status = take_option(a, option, optarg)) != 0)
			return status;
	if (optind + 1 != argc)
		return misused(optind == argc ? "which folder?" : "one folder only", NULL);
	a->dir = argv[optind];
	return 0;
}

/* --state, else the XDG base directories' place for what a user's programs keep. */
static int
state_dir(const struct serve_args *a, char *dst, size_t size, struct conf_err *e)
{
	const char *xdg = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	char here[PATH_MAX];
	int n;

	if (a->state != NULL && a->state[0] == '/')
		n = snprintf(dst, size, "%s", a->state);
	else if (a->state != NULL && a->state[0] != '\0' && getcwd(here, sizeof here) != NULL)
		n = snprintf(dst, size, "%s/%s", here, a->state);
	else if (a->state == NULL && xdg != NULL && xdg[0] == '/')
		n = snprintf(dst, size, "%s/sallyport", xdg);
	else if (a->state == NULL && home != NULL && home[0] == '/')
		n = snprintf(dst, size, "%s/.local/state/sallyport", home);
	else
		return conf_err_set(e, NULL, 0, "no folder for the keys: set HOME, or give --state DIR");
	return n >= (int)size ? conf_err_set(e, NULL, 0, "the name of the state folder is too long") : 0;
}

/* Who owns the folder around ours can put another one in its place, and have root read that.
 * Only /tmp's sticky bit forbids it. */
static int
is_our_own(const char *dir)
{
	struct stat st;

	return dir != NULL && dir[0] == '/' && stat(dir, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
	    (st.st_mode & 022) == 0;
}

static int
make_run_dir(struct plan *p, struct conf_err *e)
{
	const char *base = getenv("XDG_RUNTIME_DIR");

	if (!is_our_own(base))
		base = "/tmp";
	if (snprintf(p->run_dir, sizeof p->run_dir, "%s/sallyport.XXXXXX", base) >= (int)sizeof p->run_dir - 16 ||
	    mkdtemp(p->run_dir) == NULL) {
		p->run_dir[0] = '\0';
		return conf_err_set(e, base, 0, "no run directory could be made: %s", strerror(errno));
	}
	return 0;
}

/* A path that is too long for a socket leaves the port. */
static void
choose_socket(struct plan *p)
{
	if (!job_own_daemon() || snprintf(p->socket, sizeof p->socket, "%s/daemon", p->run_dir) >= (int)sizeof p->socket)
		p->socket[0] = '\0';
}

static int
open_run_dir(struct plan *p, struct conf_err *e)
{
	int r = make_run_dir(p, e);

	if (r == 0)
		choose_socket(p);
	return r;
}

static void
remove_run_dir(const struct plan *p)
{
	static const char *const files[] = { "syncd.conf", "tunnel.conf", "syncd.pid", "syncd.pid.status", "daemon" };
	char path[PATH_MAX + 16];

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		snprintf(path, sizeof path, "%s/%s", p->run_dir, files[i]);
		unlink(path);
	}
	if (rmdir(p->run_dir) < 0)
		log_warn("serve: %s: %s", p->run_dir, strerror(errno));
}

static int
write_conf(const struct plan *p, void (*write_one)(const struct plan *, struct emit *), const char *file, struct conf_err *e)
{
	struct emit o = EMIT_INIT;
	int dir = open(p->run_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

	write_one(p, &o);
	r = emit_save(&o, dir, file, 0600);
	emit_done(&o);
	if (dir >= 0)
		close(dir);
	return r == 0 ? 0 : conf_err_set(e, file, 0, "cannot be written with these names: %s", err_text(r));
}

static int
prepare(const struct serve_args *a, struct plan *p, struct pki *pki, struct conf_err *e)
{
	char state[PATH_MAX];
	int r;

	if ((r = state_dir(a, state, sizeof state, e)) != 0 || (r = plan_ports(a->port, p, e)) != 0 ||
	    (r = pki_ready(state, &a->names, pki, e)) != 0)
		return r;
	strcpy(p->cert, pki->cert);
	strcpy(p->key, pki->key);
	return 0;
}

static int
run(const struct serve_args *a, struct plan *p, struct conf_err *e)
{
	struct pki pki = { .ca_pem = BUF_INIT };
	char host[NAME_SIZE];
	int r, status = EXIT_FAILURE;

	if ((r = prepare(a, p, &pki, e)) == 0 && (r = open_run_dir(p, e)) == 0 &&
	    (r = write_conf(p, conf_syncd, "syncd.conf", e)) == 0 && (r = write_conf(p, conf_tunnel, "tunnel.conf", e)) == 0)
		status = job_run(p, &pki, a->host != NULL ? a->host : names_hostname(host, sizeof host));
	else if (r != E_CONF)
		conf_err_set(e, NULL, 0, "%s", err_text(r));
	if (p->run_dir[0] != '\0')
		remove_run_dir(p);
	buf_done(&pki.ca_pem);
	return r == 0 ? status : complained(e, EXIT_FAILURE);
}

int
serve_main(int argc, char **argv)
{
	static struct serve_args a = { .port = PLAN_PORT };
	static struct plan p;
	struct conf_err e;
	int status;

	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return puts(usage) == EOF;
	names_of_machine(&a.names);
	if ((status = parse(argc, argv, &a)) != 0)
		return status;
	if (a.module != NULL && plan_module(a.module, &p, &e) != 0)
		return complained(&e, EXIT_USAGE);
	if (plan_path(a.dir, &p, &e) != 0)
		return complained(&e, EXIT_FAILURE);
	if (a.module == NULL)
		plan_module_from_path(a.dir, &p);
	p.writable = a.writable;
	p.as_root = geteuid() == 0;
	return run(&a, &p, &e);
}
