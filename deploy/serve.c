#include "deploy/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
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
	struct names names;	/* this machine's, and every --host */
	struct advice advice;	/* with every --host and --client */
	uint16_t port;		/* 0: a free one */
	int writable, anyone_writes;
	enum job_volume volume;
};

static const char usage[] =
    "usage: sallyport serve DIR [--port N] [--name MODULE] [--client NAME]... [--write] [--anyone-writes]\n"
    "       [--state DIR] [--host NAME]... [--quiet | --verbose]";

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
take_host(struct serve_args *a, const char *value)
{
	if (names_add(&a->names, value) != 0)
		return misused("--host wants a host name or an address, not", value);
	if (a->advice.n_hosts == ADVICE_HOSTS_MAX)
		return misused("too many --host", NULL);
	a->advice.host[a->advice.n_hosts++] = value;
	return 0;
}

static int
take_client(struct serve_args *a, const char *value)
{
	if (pki_client_name(value) != 0)
		return misused("--client wants up to 32 letters, digits, \".\", \"_\" and \"-\", not", value);
	for (size_t i = 0; i < a->advice.n_clients; i++)
		if (strcasecmp(a->advice.client[i], value) == 0)
			return misused("--client names this one twice", value);
	if (a->advice.n_clients == ADVICE_CLIENTS_MAX)
		return misused("too many --client", NULL);
	a->advice.client[a->advice.n_clients++] = value;
	return 0;
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
		return take_host(a, value);
	case 'c':
		return take_client(a, value);
	case 'n':
		a->module = value;
		return 0;
	case 's':
		a->state = value;
		return 0;
	case 'w':
		a->writable = 1;
		return 0;
	case 'a':
		a->anyone_writes = 1;
		return 0;
	case 'q':
		a->volume = JOB_QUIET;
		return 0;
	case 'v':
		a->volume = JOB_VERBOSE;
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
		{ "host", required_argument, NULL, 'h' }, { "client", required_argument, NULL, 'c' },
		{ "anyone-writes", no_argument, NULL, 'a' }, { "quiet", no_argument, NULL, 'q' },
		{ "verbose", no_argument, NULL, 'v' }, { NULL, 0, NULL, 0 },
	};
	int option, status;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1)
		if ((status = take_option(a, option, optarg)) != 0)
			return status;
	if (optind + 1 != argc)
		return misused(optind == argc ? "which folder?" : "one folder only", NULL);
	a->dir = argv[optind];
	if (a->writable && a->advice.n_clients == 0 && !a->anyone_writes)
		return misused("--write: who may? --client NAME invites, --anyone-writes lets in everybody who can reach this machine", NULL);
	if (a->anyone_writes && a->advice.n_clients > 0)
		return misused("--anyone-writes, and yet --client: only who is invited is let in", NULL);
	a->writable = a->writable || a->anyone_writes;
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
	static const char *const files[] = { "syncd.conf", "tunnel.conf", "syncd.pid", "syncd.pid.status", "daemon", "clients.pem" };
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
prepare(struct serve_args *a, const char *state, struct plan *p, struct pki *pki, struct conf_err *e)
{
	int r;

	if ((r = plan_ports(a->port, p, e)) != 0 || (r = pki_ready(state, &a->names, pki, e)) != 0)
		return r;
	for (size_t i = 0; i < a->advice.n_clients; i++)
		if ((r = pki_client_ready(state, a->advice.client[i], &a->advice.shown[i], e)) != 0)
			return r;
	strcpy(p->cert, pki->cert);
	strcpy(p->key, pki->key);
	a->advice.plan = p;
	a->advice.pki = pki;
	a->advice.names = &a->names;
	return advice_check(&a->advice, e);
}

/* Who is not named any more is not in there. */
static int
write_clients(const struct serve_args *a, struct plan *p, struct conf_err *e)
{
	struct emit o = EMIT_INIT;
	int dir, r;

	if (a->advice.n_clients == 0)
		return 0;
	if (snprintf(p->clients, sizeof p->clients, "%s/clients.pem", p->run_dir) >= (int)sizeof p->clients)
		return E_LIMIT;
	for (size_t i = 0; i < a->advice.n_clients; i++)
		buf_put(&o.text, buf_head(&a->advice.shown[i].pem), buf_len(&a->advice.shown[i].pem));
	dir = open(p->run_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = o.text.err != 0 ? -ENOMEM : emit_save(&o, dir, "clients.pem", 0600);
	emit_done(&o);
	if (dir >= 0)
		close(dir);
	return r == 0 ? 0 : conf_err_set(e, p->clients, 0, "%s", err_text(r));
}

static int
write_all(const struct serve_args *a, struct plan *p, struct conf_err *e)
{
	int r = open_run_dir(p, e);

	p->own_tunnel = job_own_tunnel();
	p->calm = p->socket[0] != '\0' && a->volume != JOB_VERBOSE;
	if (r != 0 || (r = write_clients(a, p, e)) != 0 || (r = write_conf(p, conf_syncd, "syncd.conf", e)) != 0)
		return r;
	return write_conf(p, conf_tunnel, "tunnel.conf", e);
}

static int
run(struct serve_args *a, struct plan *p, struct conf_err *e)
{
	struct pki pki = { .ca_pem = BUF_INIT };
	char state[PATH_MAX];
	struct job_conf job = { p, &a->advice, state, 0, a->volume };
	int r, status = EXIT_FAILURE;

	if ((r = state_dir(a, state, sizeof state, e)) == 0 && (r = prepare(a, state, p, &pki, e)) == 0 && (r = write_all(a, p, e)) == 0) {
		job.due = pki.due;
		status = job_run(&job);
	} else if (r != E_CONF) {
		conf_err_set(e, NULL, 0, "%s", err_text(r));
	}
	if (p->run_dir[0] != '\0')
		remove_run_dir(p);
	buf_done(&pki.ca_pem);
	for (size_t i = 0; i < a->advice.n_clients; i++)
		pki_client_done(&a->advice.shown[i]);
	return r == 0 ? status : complained(e, EXIT_FAILURE);
}

int
serve_main(int argc, char **argv)
{
	static struct serve_args a = { .port = PLAN_PORT, .volume = JOB_CALM };
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
