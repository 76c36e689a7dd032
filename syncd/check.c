/* --check-config: what a configuration promises and cannot keep on this machine. */
#include "syncd/check.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/addr.h"
#include "lib/err.h"
#include "lib/is_set.h"
#include "lib/trusted.h"
#include "syncd/daemon_user.h"
#include "syncd/exporter.h"
#include "syncd/ledger_signer.h"
#include "syncd/listening.h"
#include "syncd/module_filter.h"
#include "syncd/param_fault.h"
#include "syncd/policy/module.h"
#include "syncd/policy/list.h"
#include "syncd/policy/login.h"
#include "syncd/policy/params.h"
#include "syncd/publish.h"
#include "syncd/secrets.h"
#include "syncd/socket_options.h"

enum { MAY_READ = 5, MAY_WRITE = 3 };	/* rights on a directory, as bits of a mode */

struct check {
	const struct syncd_conf *conf;
	const struct module_conf *m;	/* NULL: the global part */
	conf_warn *report;
	void *arg;
	unsigned told;
};

static void __attribute__((format(printf, 3, 4)))
tell(struct check *c, const char *param, const char *fmt, ...)
{
	const struct conf_place at = conf_place(c->conf, c->m, param);
	char what[512], where[64] = "", line[1200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	if (at.line > 0)
		snprintf(where, sizeof where, ":%u", at.line);
	snprintf(line, sizeof line, "%.500s%s: %s%.100s%s%s", at.path, where, c->m == NULL ? "" : "module ",
	    c->m == NULL ? "" : c->m->name, c->m == NULL ? "" : ": ", what);
	c->report(c->arg, line);
	c->told++;
}

/* Known only when somebody asks for the module. */
static bool
varies(const char *text)
{
	return text != NULL && strchr(text, '%') != NULL;
}

/* May we write what fd (O_PATH) is?  0 or -errno. */
static int
writable(int fd)
{
	return faccessat(fd, "", W_OK, AT_EACCESS | AT_EMPTY_PATH) < 0 ? -errno : 0;
}

/* A file that will be opened for writing, and made if it is not there.  It is not opened now: closing a file lets go of every
 * lock that this process has on it, and the daemon's pid file is locked for life. */
static void
check_made(struct check *c, const char *param, const char *path)
{
	char leaf[NAME_MAX + 1];
	int fd, r;

	if (!is_set(path) || varies(path))
		return;
	if ((fd = trusted_file(path, O_PATH | O_WRONLY, 0)) == -ENOENT)
		fd = trusted_parent(path, leaf);
	r = fd < 0 ? fd : writable(fd);
	if (fd >= 0)
		close(fd);
	if (r != 0)
		tell(c, param, "%s = %s cannot be used: %s", param, path, err_text(r));
}

static void
check_dir(struct check *c, const char *param, const char *path)
{
	int fd, r;

	if (!is_set(path))
		return;
	r = fd = trusted_dir(path);
	if (fd >= 0) {
		r = writable(fd);
		close(fd);
	}
	if (r != 0)
		tell(c, param, "%s = %s cannot be used: %s", param, path, err_text(r));
}

static void
check_read(struct check *c, const char *param, const char *path)
{
	int fd;

	if (!is_set(path) || varies(path))
		return;
	if ((fd = trusted_file(path, O_RDONLY, 0)) < 0)
		tell(c, param, "%s = %s cannot be read: %s", param, path, err_text(fd));
	else
		close(fd);
}

/* Every parameter of the table that is to be checked like this.  conf: the struct that its rows describe. */
static void
check_rows(struct check *c, const struct opt *rows, size_t n, const void *conf, enum param_check check)
{
	char message[512];

	for (size_t i = 0; i < n; i++) {
		const char *text;

		if (param_use(&rows[i]).check != check)
			continue;
		text = param_text(&rows[i], conf);
		if (check == CHECK_READ)
			check_read(c, rows[i].name, text);
		else if (check == CHECK_MADE || check == CHECK_LOCK)
			check_made(c, rows[i].name, text);
		else if (check == CHECK_DIR)
			check_dir(c, rows[i].name, text);
		else if (param_fault(&rows[i], conf, message, sizeof message))
			tell(c, rows[i].name, "%s", message);
	}
}

static void
check_filter(struct check *c)
{
	struct boot_rules rules[BOOT_RULES_MAX];
	struct filter_fault f;
	size_t n;

	if (!varies(c->m->include_from) && !varies(c->m->exclude_from) && module_filter(c->m, rules, &n, &f) != 0)
		tell(c, f.param, "%s", f.text);
}

/* By the mode bits alone: an ACL may still let it in, or keep it out. */
static bool
may(const struct module_plan *p, const struct stat *st, unsigned rights)
{
	uid_t uid = p->set_ids ? p->uid : geteuid();
	bool in_group = st->st_gid == (p->set_ids ? p->gid : getegid());

	for (size_t i = 0; i < p->n_groups; i++)
		in_group = in_group || p->groups[i] == st->st_gid;
	if (uid == 0)
		return true;
	return ((st->st_uid == uid ? st->st_mode >> 6 : in_group ? st->st_mode >> 3 : st->st_mode) & rights) == rights;
}

static void
check_directory(struct check *c, const struct module_plan *p)
{
	const unsigned uid = (unsigned)(p->set_ids ? p->uid : geteuid());
	struct stat st;
	int fd = trusted_dir(p->path);

	if (fd == -ENOENT && c->m->create_path)	/* made when somebody comes */
		return;
	if (fd < 0) {
		tell(c, "path", "%s: %s", p->path, err_text(fd));
		return;
	}
	if (fstat(fd, &st) == 0 && !c->m->read_only && !may(p, &st, MAY_WRITE))
		tell(c, "path", "it takes uploads, but uid %u may not write %s: they will fail", uid, p->path);
	else if (fstat(fd, &st) == 0 && c->m->read_only && !may(p, &st, MAY_READ))
		tell(c, "path", "uid %u may not read %s: pulls will fail", uid, p->path);
	close(fd);
}

static void
check_identity(struct check *c)
{
	const struct module_facts f = { .module = c->m->name, .host = "", .addr = "", .user = "", .tls_user = "somebody",
	    .is_root = geteuid() == 0 };	/* a name that a path may have: which one it will be is not known */
	char message[MODULE_MESSAGE_SIZE], why[MODULE_MESSAGE_SIZE];
	struct module_plan *p = calloc(1, sizeof *p);

	if (p != NULL && !varies(c->m->uid) && !varies(c->m->gid)) {
		if (module_plan(c->m, &f, p, message, why) != 0)
			tell(c, p->fault, "%s", why);
		else if (!varies(c->m->path))
			check_directory(c, p);
	}
	free(p);
}

static void
check_logins(struct check *c, const struct module_conf *m)
{
	enum login_digest any = LOGIN_SHA512;
	char why[512];

	if (!list_has_words(m->auth_users))
		return;
	if (login_floor(m->auth_digest, any) == E_UNSUPPORTED)
		tell(c, "auth digest", "auth digest %s is not known here: nobody can log in", m->auth_digest);
	if (!is_set(m->secrets_file))
		tell(c, "auth users", "there are \"auth users\" but no \"secrets file\": nobody can log in");
	else if (!varies(m->secrets_file) && secrets_usable(m, m->secrets_file, why, sizeof why) != 0)
		tell(c, "secrets file", "%s: nobody can log in", why);
}

/* Who a client is by its certificate only a proxy says. */
static void
check_certificates(struct check *c, const struct module_conf *m)
{
	const struct global_conf *g = &c->conf->global;
	const char *param = is_set(m->tls_users) ? "tls users" : "require tls";

	check_rows(c, conf_params, conf_n_params, m, CHECK_TLS_USERS);
	if ((is_set(m->tls_users) || m->require_tls) && !g->proxy_protocol && !(is_set(g->socket) && g->socket_proxy > 0))
		tell(c, param, "there is \"%s\" but no \"proxy protocol\": nobody is let in", param);
	if (!is_set(m->tls_users) && ((m->path != NULL && strstr(m->path, "%TLS_USER%") != NULL) || (m->uid != NULL && strstr(m->uid, "%TLS_USER%") != NULL)))
		tell(c, "path", "%%TLS_USER%% is named, but there are no \"tls users\": nobody is let in");
	if (is_set(m->tls_groups_file) && !is_set(m->tls_users))
		tell(c, "tls groups file", "there is a \"tls groups file\" but no \"tls users\": everybody is let in");
}

static void
check_module(struct check *c, const struct module_conf *m)
{
	c->m = m;
	check_rows(c, conf_params, conf_n_params, m, CHECK_HOSTS);
	check_certificates(c, m);
	check_logins(c, m);
	check_identity(c);
	check_filter(c);
	check_rows(c, conf_params, conf_n_params, m, CHECK_MODES);
	check_rows(c, conf_params, conf_n_params, m, CHECK_OPTIONS);
	check_rows(c, conf_params, conf_n_params, m, CHECK_CHARSET);
	check_rows(c, conf_params, conf_n_params, m, CHECK_MADE);
	check_rows(c, conf_params, conf_n_params, m, CHECK_DIR);
	if (m->max_per_user > 0 && !list_has_words(m->auth_users) && !is_set(m->tls_users))
		tell(c, "max connections per user", "there are no \"auth users\": nobody is counted by \"max connections per user\"");
	if (m->max_connections > 0 || m->max_per_address > 0 || m->max_per_user > 0)
		check_rows(c, conf_params, conf_n_params, m, CHECK_LOCK);
}

static void
check_address(struct check *c)
{
	const char *name = c->conf->global.address;
	struct addr a;

	if (is_set(name) && c->conf->global.loopback_only && addr_parse(name, 0, &a) == 0 && !addr_is_loopback(&a))
		tell(c, "address", "will not listen on %s: it is no loopback address, and the daemon speaks plain text", name);
}

static void
check_daemon_user(struct check *c)
{
	char message[512];
	const char *param = daemon_user_fault(&c->conf->global, message, sizeof message);

	if (param != NULL)
		tell(c, param, "%s: nobody is served", message);
}

static void
tell_socket(void *arg, const char *param, const char *text)
{
	tell(arg, param, "%s", text);
}

static void
check_socket(struct check *c)
{
	const struct global_conf *g = &c->conf->global;
	struct listening_peers peers;
	char bad[LOGIN_NAME_MAX + 1] = "";

	if (socket_options_fault(g->socket_options, bad, sizeof bad))
		tell(c, "socket options", "Unknown socket option %s", bad);
	if (!is_set(g->socket))
		return;
	listening_check(g, tell_socket, c);
	if (listening_peers(g->socket_peers, &peers, bad, sizeof bad) != 0)
		tell(c, "socket peers", "there is no user %s, or too many are named", bad);
	if (g->socket_proxy > 0 && peers.all)
		tell(c, "socket proxy protocol", "\"socket peers\" names nobody: all connections to the socket will be rejected");
}

static void
check_metrics(struct check *c)
{
	const struct global_conf *g = &c->conf->global;
	const char *wrong;
	struct addr at;

	if (is_set(g->metrics) && ((wrong = publish_metrics_fault(g, &at)) != NULL || (wrong = exporter_fault()) != NULL))
		tell(c, "metrics", "metrics = %s: %s", g->metrics, wrong);
}

static void
check_ledger(struct check *c)
{
	const struct global_conf *g = &c->conf->global;
	char why[256];

	if (!is_set(g->ledger_key))
		return;
	if (!is_set(g->ledger))
		tell(c, "ledger key", "there is a \"ledger key\" but no \"ledger\": nothing is signed");
	if (ledger_signer_usable(g->ledger_key, why, sizeof why) != 0)
		tell(c, "ledger key", "ledger key = %s cannot be used: %s", g->ledger_key, why);
}

static void
check_proxy(struct check *c)
{
	const struct global_conf *g = &c->conf->global;

	check_rows(c, conf_globals, conf_n_globals, g, CHECK_HOSTS);
	if (g->proxy_protocol && !list_has_words(g->proxy_hosts) && !is_set(g->socket))
		tell(c, "proxy protocol", "\"proxy protocol = true\" but \"proxy protocol hosts\" is unset: all connections will be rejected as "
		    "untrusted proxy peers.  Set \"proxy protocol hosts\" to your trusted proxy's address.");
}

unsigned
check_config(const struct syncd_conf *conf, conf_warn *report, void *arg)
{
	struct check c = { .conf = conf, .report = report, .arg = arg };

	check_address(&c);
	check_daemon_user(&c);
	check_socket(&c);
	check_proxy(&c);
	check_metrics(&c);
	check_ledger(&c);
	check_rows(&c, conf_globals, conf_n_globals, &conf->global, CHECK_READ);
	check_rows(&c, conf_globals, conf_n_globals, &conf->global, CHECK_MADE);
	for (size_t i = 0; i < conf->n_modules; i++)
		check_module(&c, &conf->modules[i]);
	return c.told;
}
